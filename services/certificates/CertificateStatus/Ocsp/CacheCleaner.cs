using Dapper;
using Npgsql;

namespace Pechat.CertificateStatus.Ocsp;

/// <summary>Keeps the cache bounded: what is past nextUpdate goes, then the oldest beyond the limit.</summary>
internal sealed class CacheCleaner(NpgsqlDataSource db, CertificateStatusOptions options, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(2); // of any OCSP response

    internal async Task CleanAsync(CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition("""
            delete from ocsp_response where next_update <= @now;
            delete from status_change where at < @forgotten;
            delete from ocsp_response where request_hash in
                (select request_hash from ocsp_response order by next_update desc offset @MaxResponses);
            """,
            new { now, forgotten = now - LongestLifetime, options.MaxResponses }, cancellationToken: ct));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await CleanAsync(stoppingToken);
            await Task.Delay(Pause, clock, stoppingToken);
        }
    }
}
