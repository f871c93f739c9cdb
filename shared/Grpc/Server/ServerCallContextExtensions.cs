using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server
{
    /// <summary>Finds the gRPC call of an HTTP request among its features.</summary>
    public interface IServerCallContextFeature
    {
        /// <summary>The call.</summary>
        Grpc.Core.ServerCallContext ServerCallContext { get; }
    }
}

namespace Grpc.Core
{
    /// <summary>From a call to its HTTP request.</summary>
    public static class ServerCallContextExtensions
    {
        private const string UserStateKey = "__HttpContext";

        /// <summary>The HTTP request that carries a call. Tests may put one under <c>__HttpContext</c> into the user state.</summary>
        /// <exception cref="InvalidOperationException">The call does not come over HTTP.</exception>
        public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
        {
            ArgumentNullException.ThrowIfNull(serverCallContext);
            return serverCallContext is HttpContextServerCallContext context ? context.Http
                : serverCallContext.UserState.TryGetValue(UserStateKey, out object? found) && found is HttpContext http ? http
                : throw new InvalidOperationException("the call does not come over HTTP");
        }
    }
}
