using Dapper;
using Npgsql;
using Pechat.Contracts.Events.Identity;
using Pechat.Persistence;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Persistence;

public sealed class TransactionTests
{
    private TestDatabase _db = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _db = await TestDatabase.CreateAsync("shared-tests", typeof(TransactionTests).Assembly);

    [OneTimeTearDown]
    public async Task StopAsync() => await _db.DisposeAsync();

    [Test]
    public async Task What_throws_leaves_neither_effect_nor_message()
    {
        Guid id = Guid.CreateVersion7();
        Assert.That(() => _db.DataSource.InTransactionAsync(async tx =>
        {
            await InsertAsync(tx, id);
            await Outbox.AddAsync(tx, id, new CustomerActivated(id, DateTimeOffset.UtcNow), DateTimeOffset.UtcNow, default);
            throw new TimeoutException("after the work, before the commit");
        }, default), Throws.InstanceOf<TimeoutException>());
        Assert.That(await CountAsync("select (select count(*) from thing where thing_id = @id) + (select count(*) from public.outbox where id = @id)", id), Is.Zero);
    }

    [Test]
    public async Task A_commit_with_messages_wakes_the_relay_and_one_without_does_not()
    {
        Task silent = OutboxSignal.Next;
        await _db.DataSource.InTransactionAsync(tx => InsertAsync(tx, Guid.NewGuid()), default);
        Assert.That(silent.IsCompleted, Is.False);
        Task woken = OutboxSignal.Next;
        await _db.DataSource.InTransactionAsync(tx =>
            Outbox.AddAsync(tx, Guid.NewGuid(), new CustomerActivated(Guid.NewGuid(), DateTimeOffset.UtcNow), DateTimeOffset.UtcNow, default), default);
        Assert.That(woken.IsCompleted, Is.True);
    }

    [Test]
    public async Task A_message_is_accepted_once_per_consumer_also_by_deliveries_at_the_same_time()
    {
        Guid message = Guid.NewGuid();
        Guid thing = Guid.NewGuid();
        await _db.DataSource.InTransactionAsync(tx => InsertAsync(tx, thing), default);
        bool[] accepted = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(() => _db.DataSource.InTransactionAsync(async tx =>
        {
            if (!await Inbox.TryAcceptAsync(tx, message, i % 2 == 0 ? "first" : "second", default))
                return false;
            await tx.Connection!.ExecuteAsync("update thing set count = count + 1 where thing_id = @thing", new { thing }, tx);
            return true;
        }, default))));
        Assert.That(accepted.Count(a => a), Is.EqualTo(2));
        Assert.That(await CountAsync("select count from thing where thing_id = @id", thing), Is.EqualTo(2));
    }

    [Test]
    public async Task A_rolled_back_acceptance_leaves_the_message_to_the_next_delivery()
    {
        Guid message = Guid.NewGuid();
        Assert.That(() => _db.DataSource.InTransactionAsync(async tx =>
        {
            await Inbox.TryAcceptAsync(tx, message, "consumer", default);
            throw new TimeoutException();
        }, default), Throws.InstanceOf<TimeoutException>());
        Assert.That(await _db.DataSource.InTransactionAsync(tx => Inbox.TryAcceptAsync(tx, message, "consumer", default), default), Is.True);
    }

    [Test]
    public void A_message_without_a_wire_name_is_refused() => Assert.That(
        () => _db.DataSource.InTransactionAsync(tx => Outbox.AddAsync(tx, Guid.NewGuid(), "text", DateTimeOffset.UtcNow, default), default),
        Throws.InstanceOf<ArgumentException>());

    private static Task<int> InsertAsync(NpgsqlTransaction tx, Guid id) =>
        tx.Connection!.ExecuteAsync("insert into thing (thing_id, name) values (@id, 'x')", new { id }, tx);

    private async Task<int> CountAsync(string sql, Guid id)
    {
        await using NpgsqlConnection connection = await _db.DataSource.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>(sql, new { id });
    }
}
