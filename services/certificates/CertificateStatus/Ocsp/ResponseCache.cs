using System.Security.Cryptography;
using Dapper;
using Npgsql;
using Pechat.Pki;

namespace Pechat.CertificateStatus.Ocsp;

/// <summary>A signed response as it is kept.</summary>
internal sealed record CachedResponse(byte[] Response, DateTime ThisUpdate, DateTime NextUpdate);

/// <summary>
/// Signed responses in the database, so that replicas share them and they outlive a restart and the CA's absence. Without the
/// database the service asks the CA every time.
/// </summary>
internal sealed partial class ResponseCache(NpgsqlDataSource db, ILogger<ResponseCache> logger)
{
    /// <summary>The key of a request; null for one that is not kept: several certificates, or none whose answer we could know again.</summary>
    internal static byte[]? KeyOf(OcspRequest request) =>
        request.Certificates is [var certificate] ? SHA256.HashData(certificate.Encoded.Span) : null;

    internal async Task<CachedResponse?> FindAsync(byte[] key, CancellationToken ct)
    {
        try
        {
            await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
            return await connection.QuerySingleOrDefaultAsync<CachedResponse>(new CommandDefinition(
                "select response, this_update, next_update from ocsp_response where request_hash = @key", new { key }, cancellationToken: ct));
        }
        catch (NpgsqlException e) when (e.IsTransient)
        {
            Unreachable(logger, e.Message);
            return null; // the CA is asked instead
        }
    }

    /// <summary>Keeps a response unless the certificate's status changed since it was signed, or a newer one is kept.</summary>
    internal async Task KeepAsync(byte[] key, string serial, CachedResponse response, CancellationToken ct)
    {
        try
        {
            await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
            await connection.ExecuteAsync(new CommandDefinition("""
                insert into ocsp_response (request_hash, serial, response, this_update, next_update)
                select @key, @serial, @Response, @ThisUpdate, @NextUpdate
                where not exists (select 1 from status_change where serial = @serial and at >= @ThisUpdate)
                on conflict (request_hash) do update
                set response = excluded.response, this_update = excluded.this_update, next_update = excluded.next_update
                where ocsp_response.this_update < excluded.this_update
                """,
                new { key, serial, response.Response, response.ThisUpdate, response.NextUpdate }, cancellationToken: ct));
        }
        catch (NpgsqlException e) when (e.IsTransient)
        {
            Unreachable(logger, e.Message); // it is only a cache
        }
    }

    [LoggerMessage(1301, LogLevel.Warning, "The cache of responses does not answer: {Why}")]
    private static partial void Unreachable(ILogger logger, string why);
}
