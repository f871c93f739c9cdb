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
    public async Task Every_use_of_a_key_is_a_record_of_an_unbroken_chain()
    {
        await using Module module = await Module.StartAsync();
        Phone phone = await module.EnrolAsync();
        string credential = (await module.CreateCredentialAsync(phone.Owner)).CredentialId;
        SignRequest[] requests = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => module.ActivatedAsync(phone, credential, [Module.Digest(i)])));
        await Task.WhenAll(requests.Select(request => module.Signing.SignAsync(request).ResponseAsync));

        List<Record> records = await ReadAsync(module);
        foreach (IGrouping<Guid, Record> chain in records.GroupBy(record => record.Chain))
        {
            byte[] previous = new byte[32];
            foreach ((int i, Record record) in chain.Index())
            {
                Assert.That(record.Number, Is.EqualTo(i + 1));
                Assert.That(record.PreviousHash, Is.EqualTo(previous), $"record {i + 1}");
                Assert.That(record.Hash, Is.EqualTo(AuditChain.Hash(previous, record.Content)), $"record {i + 1}");
                previous = record.Hash;
            }
        }
        foreach (SignRequest request in requests)
        {
            string[] events = [.. records.Where(record => record.Content.Contains(request.TransactionId, StringComparison.Ordinal))
                .Select(record => JsonDocument.Parse(record.Content).RootElement.GetProperty("event").GetString()!)];
            Assert.That(events, Is.EquivalentTo(new[] { "transaction.activating", "key.signed" }));
        }
        string all = string.Concat(records.Select(record => record.Content));
        Assert.That(all, Does.Not.Contain(requests[0].Sad).And.Not.Contain(phone.Pin));
    }

    private static async Task<List<Record>> ReadAsync(Module module)
    {
        await using NpgsqlConnection connection = await module.Database.DataSource.OpenConnectionAsync();
        return (await connection.QueryAsync<Record>("select chain, number, content, previous_hash, hash from audit order by chain, number")).AsList();
    }
}
