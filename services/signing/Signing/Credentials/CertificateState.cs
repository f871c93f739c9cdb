using System.Data.Common;
using Dapper;

namespace Pechat.Signing.Credentials;

/// <summary>The newest known state of a certificate.</summary>
internal static class CertificateState
{
    /// <summary>
    /// Records a state unless a newer one is known; revocation is final (SM-5). Changes have times of whole seconds, the issue does not: within one, a suspension counts whichever
    /// of the two messages comes first, so that no suspended key stays enabled.
    /// </summary>
    internal static Task<int> RecordAsync(DbTransaction tx, string serial, string state, DateTimeOffset since, CancellationToken ct) =>
        tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into certificate_state (serial, state, since)
            values (@serial, @state, date_trunc('second', @since::timestamptz))
            on conflict (serial) do update
            set state = excluded.state, since = excluded.since
            where certificate_state.state <> 'revoked'
                and (date_trunc('second', certificate_state.since) < excluded.since
                    or (date_trunc('second', certificate_state.since) = excluded.since and certificate_state.state = 'active'))
            """, new { serial, state, since = since.UtcDateTime }, tx, cancellationToken: ct));
}
