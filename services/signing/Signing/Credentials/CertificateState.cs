using System.Data.Common;
using Dapper;

namespace Pechat.Signing.Credentials;

/// <summary>The newest known state of a certificate.</summary>
internal static class CertificateState
{
    /// <summary>Records a state unless a newer one is known; revocation is final (SM-5).</summary>
    internal static Task<int> RecordAsync(DbTransaction tx, string serial, string state, DateTimeOffset since, CancellationToken ct) =>
        tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into certificate_state (serial, state, since)
            values (@serial, @state, @since)
            on conflict (serial) do update
            set state = excluded.state, since = excluded.since
            where certificate_state.since < excluded.since and certificate_state.state <> 'revoked'
            """, new { serial, state, since = since.UtcDateTime }, tx, cancellationToken: ct));
}
