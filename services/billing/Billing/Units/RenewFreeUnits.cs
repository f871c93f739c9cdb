using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Identity.V1;
using Pechat.Persistence;

namespace Pechat.Billing.Units;

/// <summary>Grants the next free year to customers whose profile is active when the last one has ended .</summary>
internal sealed partial class RenewFreeUnits(
    NpgsqlDataSource db, CustomerDirectory.CustomerDirectoryClient customers, BillingOptions options, TimeProvider clock, ILogger<RenewFreeUnits> logger) : BackgroundService
{
    private const int Chunk = 200;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RenewAsync(stoppingToken);
            }
            catch (Exception e) when (e is NpgsqlException { IsTransient: true } or FaultException { Kind: FaultKind.Unavailable })
            {
                Later(logger, e);
            }
            await Task.Delay(options.RenewalInterval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    internal async Task RenewAsync(CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        Guid after = Guid.Empty;
        List<Ended> page;
        do
        {
            await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
            {
                page = (await connection.QueryAsync<Ended>(new CommandDefinition("""
                    select customer_id, min(valid_from) as activated_at
                    from entitlement
                    where package = 'FREE' and customer_id > @after
                    group by customer_id
                    having max(valid_until) <= @now
                    order by customer_id
                    limit @Chunk
                    """,
                    new { after, now, Chunk }, cancellationToken: ct))).AsList();
            }
            foreach (Ended ended in page)
            {
                after = ended.CustomerId;
                await RenewAsync(ended, now, ct);
            }
        }
        while (page.Count == Chunk);
    }

    private async Task RenewAsync(Ended ended, DateTimeOffset now, CancellationToken ct)
    {
        Customer customer;
        try
        {
            customer = await customers.GetCustomerAsync(new GetCustomerRequest { CustomerId = ended.CustomerId.ToString("D") }, cancellationToken: ct);
        }
        catch (FaultException e) when (e.Kind == FaultKind.NotFound)
        {
            return; // closed and forgotten: nothing to grant
        }
        if (customer.State != CustomerState.Active)
            return;
        int year = 1; // years that passed while the profile was not active are not made up for
        while (Packages.SofiaCalendar.AddMonths(ended.ActivatedAt, 12 * (year + 1)) <= now)
            year++;
        await db.InTransactionAsync(tx => FreeUnits.GrantAsync(tx, ended.CustomerId, ended.ActivatedAt, year, now, ct), ct);
    }

    private sealed record Ended(Guid CustomerId, DateTime ActivatedAt);

    [LoggerMessage(5301, LogLevel.Warning, "Free units are granted later")]
    private static partial void Later(ILogger logger, Exception exception);
}
