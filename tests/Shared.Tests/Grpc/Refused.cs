using Grpc.Core;

namespace Pechat.Shared.Tests.Calls;

internal static class Refused
{
    /// <summary>Runs a call that must end with a status other than OK, and returns how.</summary>
    internal static async Task<RpcException> By(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (RpcException refusal)
        {
            return refusal;
        }
        throw new AssertionException("the call ended with OK");
    }
}
