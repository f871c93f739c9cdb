using System.Security.Claims;
using Npgsql;

namespace Pechat.Signing.Csc;

/// <summary>
/// CSC API v2 <c>credentials/getChallenge</c> (§5.8). Signers confirm on their phone, where the challenge is shown and answered out of band, so no
/// credential has an object of type <c>ChallengeResponse</c> and every id is refused as the standard says (docs/decisions/0005).
/// </summary>
internal static class GetChallenge
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/credentials/getChallenge", Handle);

    internal static async Task<IResult> Handle(HttpContext http, ClaimsPrincipal user, NpgsqlDataSource db, CancellationToken ct)
    {
        using CscRequest request = await CscRequest.ReadAsync(http);
        string credentialId = request.RequiredString("credentialID");
        request.RequiredString("authObjectID");
        request.CheckCommon();
        await GetCredential.FindAsync(db, credentialId, Caller.Of(user), ct);
        throw CscRequest.InvalidParameter("authObjectID");
    }
}
