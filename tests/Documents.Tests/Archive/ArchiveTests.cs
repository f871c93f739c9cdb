using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Google.Protobuf;
using Npgsql;
using Pechat.Contracts.Events.Signing;
using Pechat.Testing;

namespace Pechat.Documents.Tests.Archive;

[TestFixture]
internal sealed class ArchiveTests
{
    private ArchiveHouse _house = null!;

    [OneTimeSetUp]
    public async Task Start() => _house = await ArchiveHouse.StartAsync();

    [OneTimeTearDown]
    public async Task Stop()
    {
        _house.Cluster.Logs.Verify();
        await _house.DisposeAsync();
    }

    [TearDown]
    public void Restore() => _house.Signing.IsDown = false;

    private async Task<Guid> ArchivedAsync(Guid customer, string text)
    {
        Guid id = _house.Signing.Add(customer, text);
        await _house.PublishAsync(_house.Created(customer, id));
        await _house.UntilArchivedAsync(id);
        return id;
    }

    [Test, Requirement("S1-37")]
    public async Task Signed_file_comes_back_to_its_owner_as_it_was_signed()
    {
        Guid id = await ArchivedAsync(_house.Alice, "contract");
        foreach (string scope in new[] { "portal", "device" })
        {
            using HttpClient http = _house.Http(_house.Alice, scope);
            using HttpResponseMessage answer = await http.GetAsync($"/documents/v1/archive/{id}");
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("contract"));
            Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/pdf"));
            Assert.That(answer.Content.Headers.ContentDisposition!.FileName, Is.EqualTo("contract.pdf"));
            Assert.That(answer.Headers.ETag!.Tag, Is.EqualTo($"\"{Convert.ToHexStringLower(SHA256.HashData("contract"u8))}\""));
            Assert.That(answer.Headers.GetValues("X-Content-Type-Options"), Is.EqualTo(new[] { "nosniff" }));
        }
    }

    [Test, Requirement("S0-22")]
    public async Task Nobody_but_the_owner_sees_a_file()
    {
        Guid id = await ArchivedAsync(_house.Alice, "private");
        using HttpClient bob = _house.Http(_house.Bob), service = _house.Http(_house.Alice, "service"), nobody = _house.Cluster.Client(_house.Service);
        using HttpResponseMessage foreign = await bob.GetAsync($"/documents/v1/archive/{id}"), unknown = await bob.GetAsync($"/documents/v1/archive/{Guid.NewGuid()}");
        Assert.That(foreign.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await foreign.Content.ReadAsStringAsync(), Is.EqualTo(await unknown.Content.ReadAsStringAsync()));
        Assert.That((await bob.GetFromJsonAsync<JsonElement>("/documents/v1/archive")).GetRawText(), Does.Not.Contain(id.ToString()));
        using HttpResponseMessage wrongScope = await service.GetAsync($"/documents/v1/archive/{id}"), noToken = await nobody.GetAsync($"/documents/v1/archive/{id}");
        Assert.That((wrongScope.StatusCode, noToken.StatusCode), Is.EqualTo((HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized)));
    }

    [Test]
    public async Task Pages_hold_every_file_once_newest_first()
    {
        var owner = Guid.NewGuid();
        var ids = new List<Guid>();
        for (int i = 0; i < 5; i++)
            ids.Add(await ArchivedAsync(owner, $"page {i}"));
        using HttpClient http = _house.Http(owner);
        var seen = new List<Guid>();
        for (string? after = ""; after is not null;)
        {
            JsonElement page = await http.GetFromJsonAsync<JsonElement>("/documents/v1/archive?limit=2" + after);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid()));
            after = page.TryGetProperty("next", out JsonElement next) ? "&after=" + next.GetString() : null;
        }
        Assert.That(seen, Is.EqualTo(Enumerable.Reverse(ids)));
        foreach (string bad in new[] { "limit=0", "limit=101", "limit=x", "after=x" })
        {
            using HttpResponseMessage refused = await http.GetAsync("/documents/v1/archive?" + bad);
            Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest), bad);
        }
    }

    [Test, Requirement("S1-21")]
    public async Task File_is_kept_for_ten_years_and_the_service_itself_cannot_change_or_delete_it()
    {
        Guid id = await ArchivedAsync(_house.Alice, "ten years");
        Assert.That(await _house.ScalarAsync<bool>("select keep_until = signed_at + interval '10 years' from archived_document where id = @id", new { id }));
        await using NpgsqlConnection connection = await _house.Database.DataSource.OpenConnectionAsync();
        foreach (string sql in new[] { "delete from archived_document", "update archived_document set name = 'x'", "truncate archived_document" })
            Assert.That(async () => await connection.ExecuteAsync(sql), Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo("42501"), sql);
        await using NpgsqlConnection owner = await _house.Database.Owner.OpenConnectionAsync();
        Assert.That(async () => await owner.ExecuteAsync("update archived_document set keep_until = signed_at + interval '9 years' where id = @id", new { id }),
            Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo("23514"));
        Assert.That(async () => await owner.ExecuteAsync("update archived_document set content = 'x', length = 1 where id = @id", new { id }),
            Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo("23514"));
    }

    [Test]
    public async Task Event_that_is_delivered_twice_is_one_file()
    {
        Guid id = _house.Signing.Add(_house.Alice, "twice");
        SignatureCreated created = _house.Created(_house.Alice, id);
        await _house.PublishAsync(created);
        await _house.UntilArchivedAsync(id);
        var second = Guid.CreateVersion7();
        await _house.PublishAsync(created, second); // the same fact under another message id, as after a repair by hand
        await Eventually.HoldsAsync(async () => await _house.ScalarAsync<long>("select count(*) from public.inbox where message_id = @second", new { second }) == 1, "consumed");
        Assert.That(await _house.IsArchivedAsync(id));
    }

    [Test]
    public async Task While_signing_is_down_the_event_waits_and_nothing_is_lost()
    {
        Guid one = _house.Signing.Add(_house.Alice, "waits one"), two = _house.Signing.Add(_house.Alice, "waits two");
        _house.Signing.IsDown = true;
        int before = _house.Signing.Reads;
        await _house.PublishAsync(_house.Created(_house.Alice, one, two));
        await Eventually.HoldsAsync(() => _house.Signing.Reads > before + 2, "it is tried again");
        Assert.That(await _house.IsArchivedAsync(one), Is.False);
        _house.Signing.IsDown = false;
        await _house.UntilArchivedAsync(one);
        Assert.That(await _house.IsArchivedAsync(two), "files of one event are stored together");
    }

    [TestCase("hash")]
    [TestCase("length")]
    [TestCase("owner")]
    public async Task File_that_is_not_the_one_announced_is_never_stored(string what)
    {
        Guid good = _house.Signing.Add(_house.Alice, "good beside " + what);
        Guid bad = _house.Signing.Add(_house.Alice, "bad " + what, header =>
        {
            if (what == "hash")
                header.Sha256 = ByteString.CopyFrom(SHA256.HashData(Encoding.UTF8.GetBytes("something else")));
            else if (what == "length")
                header.Length++;
            else
                header.CustomerId = _house.Bob.ToString();
        });
        int before = (await _house.FailedAsync()).Count;
        _house.Cluster.Logs.ExpectError(0); // MassTransit tells of the message that it moves away
        await _house.PublishAsync(_house.Created(_house.Alice, good, bad));
        await Eventually.HoldsAsync(async () => (await _house.FailedAsync()).Count == before + 1, "the message is in the error queue", 40);
        Assert.That((await _house.IsArchivedAsync(good), await _house.IsArchivedAsync(bad)), Is.EqualTo((false, false)));
    }

    [Test]
    public async Task Signatures_over_digests_alone_leave_nothing_in_the_archive()
    {
        int before = _house.Signing.Reads;
        long files = await _house.ScalarAsync<long>("select count(*) from archived_document");
        await _house.PublishAsync(_house.Created(_house.Alice));
        await ArchivedAsync(_house.Alice, "marker"); // behind it in the same queue
        Assert.That((_house.Signing.Reads, await _house.ScalarAsync<long>("select count(*) from archived_document")), Is.EqualTo((before + 1, files + 1)));
    }
}
