using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Hosting;
using Pechat.Signing.Credentials;

namespace Pechat.Signing.Csc;

/// <summary>CSC API <c>credentials/info</c> (§5.5).</summary>
internal static class GetCredential
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/credentials/info", Handle).RequireAccess("service", CredentialToken.Scope);

    internal static async Task<IResult> Handle(
        HttpContext http, ClaimsPrincipal user, NpgsqlDataSource db, SigningOptions options, TimeProvider clock, CancellationToken ct)
    {
        using CscRequest request = await CscRequest.ReadAsync(http);
        string id = request.RequiredString("credentialID");
        CredentialInfo.View view = CredentialInfo.View.Of(request);
        request.CheckCommon();
        Credential credential = await FindAsync(db, id, Caller.Of(user), ct);
        var info = CredentialInfo.Of(credential, view, options, clock.GetUtcNow(), withId: false);
        return request.Version == CscVersion.V1
            ? CscResults.Ok(CredentialInfoV1.Of(info), CscJson.Default.CredentialV1)
            : CscResults.Ok(info, CscJson.Default.Credential);
    }

    /// <summary>The credential; an unknown and another customer's are refused alike.</summary>
    internal static async Task<Credential> FindAsync(NpgsqlDataSource db, string credentialId, Caller caller, CancellationToken ct)
    {
        if (!Guid.TryParseExact(credentialId, "D", out Guid id))
            throw CscRequest.InvalidParameter("credentialID");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        Credential? credential = await connection.QuerySingleOrDefaultAsync<Credential>(new CommandDefinition(
            $"select {Credential.Columns} from {Credential.Tables} where c.id = @id and c.deleted_at is null", new { id }, cancellationToken: ct));
        return credential is not null && caller.MayUse(credential) ? credential : throw CscRequest.InvalidParameter("credentialID");
    }
}
