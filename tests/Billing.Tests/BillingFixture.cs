using Dapper;
using Grpc.Core;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Pechat.Billing.Packages;
using Pechat.Billing.Units;
using Pechat.Contracts.Billing.V1;
using Pechat.Contracts.Events.Identity;
using Pechat.Persistence;
using Pechat.Testing;

namespace Pechat.Billing.Tests;

/// <summary>The service with a real database, a real broker and mutual TLS.</summary>
public abstract class BillingFixture
{
    private TestBroker _broker = null!;

    private protected TestDatabase Db { get; private set; } = null!;

    private protected TestCluster Cluster { get; private set; } = null!;

    private protected TestService Service { get; private set; } = null!;

    private protected UnitLedger.UnitLedgerClient Signing { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Db = await TestDatabase.CreateAsync("billing", typeof(Ledger).Assembly);
        _broker = await TestBroker.CreateAsync();
        Cluster = await TestCluster.CreateAsync();
        Service = await Cluster.StartAsync(typeof(Ledger).Assembly, "billing", new Dictionary<string, object>
        {
            ["Database"] = Db.Section, ["Messaging"] = _broker.Section, ["Billing"] = new { LapseInterval = "00:00:01", DualDisplayUntil = "2099-12-31" },
        });
        await Service.UntilReadyAsync();
        Signing = new(Cluster.Channel(Service, "signing"));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        Cluster.Logs.Verify();
        await Cluster.DisposeAsync();
        await Db.DisposeAsync();
        await _broker.DisposeAsync();
    }

    /// <summary>A customer whose activation was delivered over the broker, so that the free units are there.</summary>
    private protected async Task<Guid> ActivateAsync()
    {
        Guid customer = Guid.NewGuid();
        await PublishAsync(new CustomerActivated(customer, Cluster.Clock.GetUtcNow()));
        await Eventually.HoldsAsync(async () => await LeftAsync(customer) == 3, "the free units are granted");
        return customer;
    }

    private protected Task PublishAsync<T>(T message, Guid? id = null) where T : class => Service.Services.GetRequiredService<IBus>()
        .Publish(message, context => context.MessageId = id ?? Guid.NewGuid());

    private protected Task BuyAsync(Guid customer, string package, int? units, int months) => Db.DataSource.InTransactionAsync(tx =>
    {
        DateTimeOffset now = Cluster.Clock.GetUtcNow();
        return Ledger.GrantAsync(tx, new Grant(Guid.NewGuid(), customer, package, null, units, now.AddSeconds(-1), SofiaCalendar.AddMonths(now, months)), now, default);
    }, default);

    private protected async Task<ReserveReply> ReserveAsync(Guid customer, int units, Guid? reservation = null, TimeSpan? lifetime = null) => await Signing.ReserveAsync(new ReserveRequest
    {
        ReservationId = (reservation ?? Guid.NewGuid()).ToString(), PayerCustomerId = customer.ToString(), Units = units,
        ExpiresAt = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(Cluster.Clock.GetUtcNow() + (lifetime ?? TimeSpan.FromMinutes(10))),
    });

    private protected async Task ReleaseAsync(Guid reservation) => await Signing.ReleaseAsync(new ReleaseRequest { ReservationId = reservation.ToString() });

    private protected async Task<int> LeftAsync(Guid customer)
    {
        await using NpgsqlConnection connection = await Db.DataSource.OpenConnectionAsync();
        return (await Ledger.BalancesAsync(connection, null, customer, Cluster.Clock.GetUtcNow(), default)).Sum(b => b.Left ?? 0);
    }

    private protected async Task<int> EntriesAsync(Guid reservation, string kind)
    {
        await using NpgsqlConnection connection = await Db.Owner.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>(
            "select coalesce(sum(units), 0) from ledger_entry where reservation_id = @reservation and kind = @kind", new { reservation, kind });
    }

    private protected static async Task<(StatusCode Status, string? Code)> RefusalOf(Task call)
    {
        var refused = await Task.Run(() => Assert.ThrowsAsync<RpcException>(() => call)!);
        return (refused.StatusCode, refused.Trailers.GetValue("pechat-code"));
    }
}
