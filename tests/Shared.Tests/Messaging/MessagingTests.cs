using System.Collections.Concurrent;
using Dapper;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Events.Identity;
using Pechat.Contracts.Events.Signing;
using Pechat.Hosting;
using Pechat.Messaging;
using Pechat.Persistence;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Messaging;

/// <summary>A service with a relay and three consumers against a real broker and database.</summary>
public sealed class MessagingTests
{
    private const string CountQueue = "shared-tests.count-activations";
    private const string BrokenQueue = "shared-tests.break-always";
    private const string WaitingQueue = "shared-tests.wait-for-dependency";

    private TestBroker _broker = null!;
    private TestDatabase _db = null!;
    private TestCluster _cluster = null!;
    private TestService _service = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _broker = await TestBroker.CreateAsync();
        _db = await TestDatabase.CreateAsync("shared-tests", typeof(MessagingTests).Assembly);
        _cluster = await TestCluster.CreateAsync();
        _service = await StartServiceAsync();
        await _service.UntilReadyAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _cluster.DisposeAsync();
        await _db.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Test]
    public async Task A_message_reaches_its_consumer_and_is_marked_sent()
    {
        Guid thing = await SendAsync();
        await CountBecomesAsync(thing, 1);
        await Eventually.HoldsAsync(async () => await ScalarAsync("select count(*) from public.outbox where id = @id and sent_at is not null", thing) == 1, "it is marked sent");
    }

    [Test]
    public async Task A_message_delivered_twice_has_one_effect()
    {
        Guid thing = await SendAsync();
        await CountBecomesAsync(thing, 1);
        // As after a crash between the broker's confirmation and the commit: the relay sends the row again.
        await using (NpgsqlConnection owner = await _db.Owner.OpenConnectionAsync())
            await owner.ExecuteAsync("update public.outbox set sent_at = null where id = @thing", new { thing });
        int before = CountActivations.Deliveries[thing];
        await Eventually.HoldsAsync(() => CountActivations.Deliveries[thing] > before, "it is delivered a second time");
        await SendAndWaitAsync();
        Assert.That(await ScalarAsync("select count from thing where thing_id = @id", thing), Is.EqualTo(1));
    }

    [Test]
    public async Task Relays_side_by_side_send_all_and_a_bulk_arrives_completely()
    {
        await using TestService second = await StartServiceAsync();
        await second.UntilReadyAsync();
        Guid[] things = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => SendAsync()));
        await Eventually.HoldsAsync(
            async () => await ScalarAsync("select count(*) from thing where count = 1 and thing_id = any(@ids)", things) == things.Length, "all have their effect", 60);
        Assert.That(await ScalarAsync("select count(*) from public.outbox where sent_at is null and id = any(@ids)", things), Is.Zero);
    }

    [Test]
    public async Task Nothing_is_lost_while_the_broker_is_away()
    {
        await SendAndWaitAsync();
        await _broker.StopAsync();
        Guid[] things = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SendAsync()));
        using var plain = new HttpClient();
        await Eventually.HoldsAsync(
            async () => (await plain.GetStringAsync(new Uri(_service.HealthAddress + "/health/ready"))).Contains("\"broker\":\"Degraded\"", StringComparison.Ordinal),
            "the outage is reported, and the service stays ready");
        await _broker.StartAsync();
        await Eventually.HoldsAsync(
            async () => await ScalarAsync("select count(*) from thing where count = 1 and thing_id = any(@ids)", things) == things.Length,
            "everything arrives after the outage", 60);
    }

    [Test]
    public async Task Nothing_is_lost_when_connections_break()
    {
        await SendAndWaitAsync();
        Task<Guid[]> sending = Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            await Task.Delay(i * 10);
            return await SendAsync();
        }));
        await _broker.DropConnectionsAsync();
        Guid[] things = await sending;
        await Eventually.HoldsAsync(
            async () => await ScalarAsync("select count(*) from thing where count = 1 and thing_id = any(@ids)", things) == things.Length, "all arrive, once", 60);
    }

    [TestCase("this is no envelope: MARK")]
    [TestCase("""{"messageType":["urn:message:customer-activated.v1"],"message":{"customerId":"not a uuid: MARK"}}""")]
    [TestCase("""{"mark":"MARK"}""")]
    public async Task A_body_that_nobody_can_read_is_put_aside_once_and_later_messages_pass(string body)
    {
        string mark = Guid.NewGuid().ToString("N");
        await _broker.PublishRawAsync(CountQueue, body.Replace("MARK", mark, StringComparison.Ordinal));
        await Eventually.HoldsAsync(async () => await PutAsideAsync(mark) == 1, "it is put aside");
        await SendAndWaitAsync();
        Assert.That(await PutAsideAsync(mark), Is.EqualTo(1), "and is not tried again");
    }

    [Test]
    public async Task A_message_that_always_fails_is_tried_five_times_and_put_aside()
    {
        Guid customer = Guid.NewGuid();
        await SendAsync(customer, new DeviceBound(customer, Guid.NewGuid(), "phone", DateTimeOffset.UtcNow));
        await Eventually.HoldsAsync(async () => (await _broker.PeekAsync(BrokenQueue + "_error")).Any(m => m.Contains(customer.ToString(), StringComparison.Ordinal)), "it is put aside");
        Assert.That(BreakAlways.Attempts[customer], Is.EqualTo(5));
    }

    [Test]
    public async Task A_dependency_that_is_down_makes_a_message_wait_and_not_fail()
    {
        Guid customer = Guid.NewGuid();
        WaitForDependency.Down = true;
        await SendAsync(customer, new SignatureEnded(Guid.NewGuid(), customer, "failed", DateTimeOffset.UtcNow));
        await Eventually.HoldsAsync(() => WaitForDependency.Attempts.GetValueOrDefault(customer) > 7, "it is tried longer than a message that fails for good");
        WaitForDependency.Down = false;
        await Eventually.HoldsAsync(() => WaitForDependency.Done.ContainsKey(customer), "it is done when the dependency is back");
        Assert.That(await _broker.PeekAsync(WaitingQueue + "_error"), Is.Empty);
    }

    [Test]
    public async Task Queues_are_quorum_queues() =>
        Assert.That((await _broker.QueueAsync(CountQueue)).GetProperty("type").GetString(), Is.EqualTo("quorum"));

    [Test]
    public async Task A_message_of_a_type_that_this_version_does_not_know_waits_and_holds_up_nothing()
    {
        Guid id = Guid.NewGuid();
        await using (NpgsqlConnection connection = await _db.DataSource.OpenConnectionAsync())
            await connection.ExecuteAsync("insert into public.outbox (id, type, body, created_at) values (@id, 'of-tomorrow.v1', '{}', now())", new { id });
        await SendAndWaitAsync();
        Assert.That(await ScalarAsync("select count(*) from public.outbox where id = @id and sent_at is null", id), Is.EqualTo(1));
    }

    [Test]
    public async Task Old_rows_are_deleted_and_unsent_ones_are_kept()
    {
        await using (NpgsqlConnection owner = await _db.Owner.OpenConnectionAsync())
        {
            await owner.ExecuteAsync("""
                insert into public.outbox (id, type, body, created_at, sent_at)
                select gen_random_uuid(), 'old', '{}', now() - interval '40 days', now() - interval '31 days' from generate_series(1, 2500);
                insert into public.outbox (id, type, body, created_at) values (gen_random_uuid(), 'old', '{}', now() - interval '40 days');
                insert into public.inbox (message_id, consumer, accepted_at) values (gen_random_uuid(), 'old', now() - interval '31 days');
                insert into public.inbox (message_id, consumer, accepted_at) values (gen_random_uuid(), 'old', now() - interval '29 days');
                """);
        }
        using var cleaner = ActivatorUtilities.CreateInstance<TableCleaner>(_service.Services);
        await cleaner.CleanAsync(default);
        Assert.That(await ScalarAsync("select count(*) from public.outbox where type = 'old'"), Is.EqualTo(1));
        Assert.That(await ScalarAsync("select count(*) from public.inbox where consumer = 'old'"), Is.EqualTo(1));
    }

    private Task<TestService> StartServiceAsync() => _cluster.StartAsync(async args =>
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddDefaults("shared-tests");
        builder.AddAccessTokens();
        builder.AddDatabase("Shared tests");
        builder.AddMessaging(bus =>
        {
            bus.AddConsumer<CountActivations>();
            bus.AddConsumer<BreakAlways>();
            bus.AddConsumer<WaitForDependency>();
        });
        var app = builder.Build();
        app.MapDefaults();
        await app.RunAsync();
    }, "shared-tests", new Dictionary<string, object> { ["Database"] = _db.Section, ["Messaging"] = _broker.Section });

    private async Task<int> PutAsideAsync(string mark)
    {
        string[] aside = [.. await _broker.PeekAsync(CountQueue + "_error"), .. await _broker.PeekAsync(CountQueue + "_skipped")];
        return aside.Count(m => m.Contains(mark, StringComparison.Ordinal));
    }

    private async Task<Guid> SendAsync()
    {
        Guid thing = Guid.CreateVersion7();
        await SendAsync(thing, new CustomerActivated(thing, DateTimeOffset.UtcNow));
        return thing;
    }

    private Task SendAsync<T>(Guid thing, T message) where T : class => _db.DataSource.InTransactionAsync(async tx =>
    {
        await tx.Connection!.ExecuteAsync("insert into thing (thing_id, name) values (@thing, 'x')", new { thing }, tx);
        await Outbox.AddAsync(tx, thing, message, DateTimeOffset.UtcNow, default);
    }, default);

    private async Task SendAndWaitAsync() => await CountBecomesAsync(await SendAsync(), 1);

    private Task CountBecomesAsync(Guid thing, int count) => Eventually.HoldsAsync(
        async () => await ScalarAsync("select count from thing where thing_id = @id", thing) == count, $"{thing} is counted");

    private async Task<int> ScalarAsync(string sql, object? id = null)
    {
        await using NpgsqlConnection connection = await _db.Owner.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>(sql, id is Guid[] ids ? new { ids } : new { id });
    }

    internal sealed class CountActivations(NpgsqlDataSource db) : IConsumer<CustomerActivated>
    {
        internal static readonly ConcurrentDictionary<Guid, int> Deliveries = [];

        public Task Consume(ConsumeContext<CustomerActivated> context) => db.InTransactionAsync(async tx =>
        {
            Deliveries.AddOrUpdate(context.Message.CustomerId, 1, (_, n) => n + 1);
            if (!await Inbox.TryAcceptAsync(tx, context.MessageId!.Value, nameof(CountActivations), context.CancellationToken))
                return 0;
            return await tx.Connection!.ExecuteAsync("update thing set count = count + 1 where thing_id = @CustomerId", context.Message, tx);
        }, context.CancellationToken);
    }

    internal sealed class BreakAlways : IConsumer<DeviceBound>
    {
        internal static readonly ConcurrentDictionary<Guid, int> Attempts = [];

        public Task Consume(ConsumeContext<DeviceBound> context)
        {
            Attempts.AddOrUpdate(context.Message.CustomerId, 1, (_, n) => n + 1);
            throw new InvalidOperationException("this consumer cannot");
        }
    }

    internal sealed class WaitForDependency : IConsumer<SignatureEnded>
    {
        internal static readonly ConcurrentDictionary<Guid, int> Attempts = [];
        internal static readonly ConcurrentDictionary<Guid, bool> Done = [];
        internal static volatile bool Down;

        public Task Consume(ConsumeContext<SignatureEnded> context)
        {
            Attempts.AddOrUpdate(context.Message.CustomerId, 1, (_, n) => n + 1);
            if (Down)
                throw FaultException.Unavailable("down", "a dependency is down");
            Done[context.Message.CustomerId] = true;
            return Task.CompletedTask;
        }
    }
}
