using Dapper;
using Npgsql;
using Pechat.SignatureActivation.Jose;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation.Automation;

/// <summary>A registered automation key as its row says.</summary>
internal sealed record AutomationRow(
    Guid AutomationId, Guid OwnerId, Guid CredentialId, string ClientId, string PublicKey, long MaxSignatures, DateTime NotAfter, byte[] RowMac, bool Ended)
{
    internal IVerificationKey Key => ParseKey(PublicKey);

    internal MacInput Binding => new MacInput("automation.1").Add(AutomationId).Add(OwnerId).Add(CredentialId).Add(ClientId).Add(PublicKey)
        .Add(MaxSignatures).Add(new DateTimeOffset(NotAfter, TimeSpan.Zero));

    /// <summary>A key for ES256 or RS256.</summary>
    /// <exception cref="JoseException">Neither.</exception>
    internal static IVerificationKey ParseKey(string jwk) => jwk.Contains("\"RSA\"", StringComparison.Ordinal) ? RsaJwk.Parse(jwk) : Jwk.Parse(jwk);

    internal static Task<AutomationRow?> FindAsync(NpgsqlConnection connection, Guid automationId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<AutomationRow>(new CommandDefinition("""
            select a.automation_id, a.owner_id, a.credential_id, a.client_id, a.public_key, a.max_signatures, a.not_after, a.row_mac,
                e.automation_id is not null as ended
            from automation a
            left join automation_end e using (automation_id)
            where a.automation_id = @automationId
            """, new { automationId }, cancellationToken: ct));
}
