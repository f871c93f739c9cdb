using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.SignatureActivation.Audit;
using Pechat.SignatureActivation.Tests.Support;

namespace Pechat.SignatureActivation.Tests.Audit;

public sealed class AuditTests
{
    private sealed record Record(Guid Chain, long Number, string Content, byte[] PreviousHash, byte[] Hash);

    [Test]
    public async Task Every_use_of_a_key_stands_between_two_records_of_an_unbroken_chain()
    {
        await using Module module = await Module.StartAsync();
        Phone phone = await module.EnrolAsync();
        string credential = (await module.CreateCredentialAsync(phone.Owner)).CredentialId;
        SignRequest[] requests = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => module.ActivatedAsync(phone, credential, [Module.Digest(i)])));
        await Task.WhenAll(requests.Select(request => module.Signing.SignAsync(request).ResponseAsync));

        List<Record> records = await ReadAsync(module);
        byte[] previous = new byte[32];
        for (int i = 0; i < records.Count; i++)
        {
            Assert.That(records[i].Number, Is.EqualTo(i + 1));
            Assert.That(records[i].PreviousHash, Is.EqualTo(previous), $"record {i + 1}");
            Assert.That(records[i].Hash, Is.EqualTo(AuditTrail.Hash(previous, records[i].Content)), $"record {i + 1}");
            previous = records[i].Hash;
        }
        foreach (SignRequest request in requests)
        {
            string[] events = [.. records.Where(record => record.Content.Contains(request.TransactionId, StringComparison.Ordinal))
                .Select(record => JsonDocument.Parse(record.Content).RootElement.GetProperty("event").GetString()!)];
            Assert.That(events, Is.EqualTo(new[] { "transaction.activating", "key.signing", "key.signed" }));
        }
        string all = string.Concat(records.Select(record => record.Content));
        Assert.That(all, Does.Not.Contain(requests[0].Sad).And.Not.Contain(phone.Pin));
    }

    private static async Task<List<Record>> ReadAsync(Module module)
    {
        await using NpgsqlConnection connection = await module.Database.DataSource.OpenConnectionAsync();
        var records = (await connection.QueryAsync<Record>("select chain, number, content, previous_hash, hash from audit order by number")).AsList();
        Assert.That(records.Select(record => record.Chain).Distinct().Count(), Is.EqualTo(1));
        return records;
    }
}
