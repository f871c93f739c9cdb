using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Identity.History;

namespace Pechat.Identity.Devices;

/// <summary>Ends bindings that were not completed in time (SM-2: PendingBinding → Expired). Any number of replicas may run it.</summary>
internal sealed partial class ExpireBindings(NpgsqlDataSource db, DeviceEnd devices, TimeProvider clock, ILogger<ExpireBindings> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ExpireAsync(stoppingToken);
            }
            catch (FaultException fault) when (fault.Kind == FaultKind.Unavailable)
            {
                Later(logger, fault.Code); // the SAM is away; what is due stays due
            }
            await Task.Delay(Pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ExpireAsync(CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        (Guid Id, Guid Customer)[] due;
        await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
        {
            due = [.. await connection.QueryAsync<(Guid, Guid)>(new CommandDefinition(
                "select id, customer_id from device where state = 'PendingBinding' and created_at <= @oldest order by created_at limit 100",
                new { oldest = now - BindDevice.BindingLifetime }, cancellationToken: ct))];
        }
        foreach (var (id, customer) in due)
            await devices.ExpireAsync(customer, id, HistoryLog.System, "not completed within 15 minutes", now, ct);
    }

    [LoggerMessage(1301, LogLevel.Warning, "Bindings that were not completed are ended later: {Why}")]
    private static partial void Later(ILogger logger, string why);
}
