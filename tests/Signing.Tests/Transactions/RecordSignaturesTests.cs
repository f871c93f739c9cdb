using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Pechat.Signing.Transactions;
using static Pechat.Signing.Tests.SigningHouse;

namespace Pechat.Signing.Tests.Transactions;

/// <summary>Budget is used and told exactly, whoever comes at the same time.</summary>
internal sealed class RecordSignaturesTests
{
    private SigningHouse _house = null!;
    private Guid _credential;

    [OneTimeSetUp]
    public async Task Start()
    {
        _house = await StartAsync(new { ReportInterval = "00:01:00" }); // told when a test says so
        _credential = await _house.CredentialAsync();
    }

    [OneTimeTearDown]
    public async Task Stop() => await _house.DisposeAsync();

    private RecordSignatures Record => _house.Service.Services.GetRequiredService<RecordSignatures>();

    [Test]
    public async Task Many_callers_at_once_use_the_budget_exactly_and_one_event_tells_of_all()
    {
        (Guid id, _) = await _house.AuthorizedAsync(_credential, Digests(30));

        bool[] recorded = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Record.RecordAsync(id, 1)));

        Assert.That(recorded.Count(each => each), Is.EqualTo(30));
        Assert.That(await _house.StateAsync(id), Is.EqualTo("completed"));
        var told = await _house.EventsAsync("signature-created.v1", id);
        Assert.That(told.Single().GetProperty("signatures").GetInt32(), Is.EqualTo(30));
    }

    [Test]
    public async Task A_use_that_does_not_fit_does_not_hinder_others_in_its_round()
    {
        (Guid small, _) = await _house.AuthorizedAsync(_credential, Digests(2));
        (Guid large, _) = await _house.AuthorizedAsync(_credential, Digests(9));

        bool[] recorded = await Task.WhenAll(Record.RecordAsync(large, 1), Record.RecordAsync(small, 3), Record.RecordAsync(large, 2), Record.RecordAsync(small, 2));

        Assert.That(recorded, Is.EqualTo(new[] { true, false, true, true }));
        Assert.That((await _house.EventsAsync("signature-created.v1", large)).Single().GetProperty("signatures").GetInt32(), Is.EqualTo(3));
    }

    [Test]
    public async Task Signatures_are_told_before_the_end_of_their_transaction()
    {
        (Guid id, _) = await _house.AuthorizedAsync(_credential, Digests(5));
        await Record.RecordAsync(id, 2);

        await _house.Service.Services.GetRequiredService<EndTransaction>().EndAsync(id, ["active"], "closed", CancellationToken.None);

        Assert.That(await _house.ScalarAsync<string>("select string_agg(type, ' ' order by sequence) from public.outbox where body ->> 'transactionId' = @id and type like 'signature-%d.v1' and type <> 'signature-requested.v1'",
            new { id = id.ToString() }), Is.EqualTo("signature-created.v1 signature-ended.v1"));
        Assert.That(await Record.RecordAsync(id, 1), Is.False, "nothing is released after the end");
    }

    [Test]
    public async Task What_a_crashed_process_has_not_told_the_next_one_tells_once()
    {
        (Guid id, _) = await _house.AuthorizedAsync(_credential, Digests(5));
        await Record.RecordAsync(id, 3);
        Assert.That(await _house.ScalarAsync<int>("select count(*) from public.outbox where type = 'signature-created.v1' and body ->> 'transactionId' = @id", new { id = id.ToString() }), Is.Zero);

        ReportSignatures[] replicas = [new(_house.Db, _house.Clock), new(_house.Db, _house.Clock)];
        await Task.WhenAll(replicas.Select(each => each.RunOnceAsync(CancellationToken.None)));

        Assert.That((await _house.EventsAsync("signature-created.v1", id)).Single().GetProperty("signatures").GetInt32(), Is.EqualTo(3));
    }

    private static byte[][] Digests(int count) => [.. Enumerable.Range(0, count).Select(_ => RandomNumberGenerator.GetBytes(32))];
}
