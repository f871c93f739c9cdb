using System.Security.Claims;
using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.Signing.Credentials;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Csc;

/// <summary>
/// CSC API 2.2 <c>credentials/delete</c> (§5.16): the key is destroyed for ever, on request after its certificate was revoked. The token is bound to
/// the one credential. Every step can be repeated, so after a crash the same call finishes the work.
/// </summary>
internal static class DeleteCredential
{
    internal const string Scope = "credential-deletion";

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/credentials/delete", Handle).RequireAccess(Scope);

    internal static async Task<IResult> Handle(HttpContext http, ClaimsPrincipal user, NpgsqlDataSource db, IActivationModule module, ICertificates certificates,
        TimeProvider clock, CancellationToken ct)
    {
        using CscRequest request = await CscRequest.ReadAsync(http);
        request.CheckCommon();
        if (request.Member("credentialDeletionRequest") is not { ValueKind: JsonValueKind.Object } deletion)
            throw CscRequest.Invalid("Missing (or invalid type) object parameter credentialDeletionRequest");
        string credentialId = CscRequest.RequiredString(deletion, "credentialID");
        int? reason = Reason(deletion);
        if (user.FindFirstValue("credential_id") != credentialId)
            throw FaultException.Forbidden("access_denied", "the access token was issued for another credential");
        Credential credential = await GetCredential.FindAsync(db, credentialId, Caller.Of(user), ct);
        // Step 1: the certificate, while the request can still be refused.
        if (reason is { } why)
            await RevokeAsync(certificates, credential, why, ct);
        // Step 2: the key.
        await module.DestroyAsync(new DestroyCredentialRequest
        {
            CredentialId = credential.Id.ToString("D"),
            OwnerId = credential.CustomerId.ToString("D"),
            Reason = "credentials/delete",
        }, ct);
        // Step 3: from now on it is unknown.
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync("update credential set deleted_at = @now where id = @Id and deleted_at is null",
            new { credential.Id, now = clock.GetUtcNow().UtcDateTime });
        return Results.NoContent();
    }

    /// <summary>CRLReason of the revocation; null when none is wanted.</summary>
    private static int? Reason(JsonElement deletion)
    {
        bool revoke = CscRequest.Member(deletion, "revoke") switch
        {
            null or { ValueKind: JsonValueKind.False } => false,
            { ValueKind: JsonValueKind.True } => true,
            _ => throw CscRequest.InvalidParameter("revoke"),
        };
        if (!revoke)
            return null;
        if (CscRequest.Member(deletion, "revocationReason") is not { ValueKind: JsonValueKind.Number } value || !value.TryGetInt32(out int reason))
            throw CscRequest.Invalid("Missing (or invalid type) integer parameter revocationReason");
        return reason is >= 0 and <= 10 and not 7 ? reason : throw CscRequest.InvalidParameter("revocationReason");
    }

    private static async Task RevokeAsync(ICertificates certificates, Credential credential, int reason, CancellationToken ct)
    {
        try
        {
            await certificates.RevokeAsync(credential.Serial, reason, $"customer {credential.CustomerId:D} by credentials/delete", ct);
        }
        catch (FaultException fault) when (fault.Kind is FaultKind.Invalid)
        {
            throw new FaultException(FaultKind.Invalid, "invalid_request", "Invalid parameter revocationReason", fault); // such as a hold
        }
        catch (FaultException fault) when (fault.Kind is FaultKind.Conflict)
        {
            throw new FaultException(FaultKind.Invalid, "invalid_request", "Invalid parameter revoke", fault); // it has expired
        }
    }
}
