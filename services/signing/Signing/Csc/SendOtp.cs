using System.Security.Claims;
using Npgsql;

namespace Pechat.Signing.Csc;

/// <summary>CSC API <c>credentials/sendOTP</c> (§5.9): refused, because no credential has an online OTP (docs/decisions/0005).</summary>
internal static class SendOtp
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/credentials/sendOTP", Handle);

    internal static async Task<IResult> Handle(HttpContext http, ClaimsPrincipal user, NpgsqlDataSource db, CancellationToken ct)
    {
        using CscRequest request = await CscRequest.ReadAsync(http);
        string credentialId = request.RequiredString("credentialID");
        request.CheckCommon();
        await GetCredential.FindAsync(db, credentialId, Caller.Of(user), ct);
        throw CscRequest.Invalid("The credential identified by credentialID has no online OTP");
    }
}
