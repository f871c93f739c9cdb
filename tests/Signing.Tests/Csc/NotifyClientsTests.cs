using System.Text.Json.Nodes;
using Pechat.Testing;
using static Pechat.Signing.Tests.SigningHouse;

namespace Pechat.Signing.Tests.Csc;

/// <summary>Notices to <c>response_uri</c>.</summary>
[TestFixture]
internal sealed class NotifyClientsTests : WithCredential
{
    private const string Registered = "https://bank.example/done";

    private async Task<Answer> SignAsync(string client, string uri, string text)
    {
        string token = _house.ServiceToken(client: client);
        Guid id = await _house.AuthorizeAsync(AuthorizeBody(_credential, Digest(text)), token);
        await _house.ConfirmAsync(id);
        JsonObject body = SignBody(_credential, await _house.SadAsync(id, token), EcdsaSha256, Digest(text));
        (body["operationMode"], body["response_uri"]) = ("A", uri);
        return await _house.CscAsync("signatures/signHash", body, token);
    }

    private int Told(string id) => _house.Notifier.Told.Count(each => each == (new Uri(Registered), id));

    [Test, Property("Clause", "CSC API reference 11.10 no. 130")]
    public async Task Registered_address_is_told_once_and_others_never()
    {
        string id = (await SignAsync("bank", Registered, "told")).Body.GetProperty("responseID").GetString()!;
        await Eventually.HoldsAsync(() => Told(id) == 1, "the client is told");
        await Eventually.HoldsAsync(async () => await _house.ScalarAsync<long>("select count(*) from polled_result where notify_at is not null") == 0, "nothing is left to tell");
        (await SignAsync("bank", Registered + "/", "slash")).IsInvalid("Invalid parameter response_uri");
        (await SignAsync("bank", "http://bank.example/done", "http")).IsInvalid("Invalid parameter response_uri");
        (await SignAsync("app", Registered, "other client")).IsInvalid("Invalid parameter response_uri");
        Assert.That(Told(id), Is.EqualTo(1));
    }

    [Test, Property("Clause", "CSC API reference D-21")]
    public async Task Address_that_is_down_is_tried_again_later()
    {
        _house.Notifier.IsDown = true;
        string id = (await SignAsync("bank", Registered, "down")).Body.GetProperty("responseID").GetString()!;
        await Eventually.HoldsAsync(() => Told(id) == 1, "the client is called");
        _house.Notifier.IsDown = false;
        _house.Clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually.HoldsAsync(() => Told(id) == 2, "the client is called again");
        await Eventually.HoldsAsync(async () => await _house.ScalarAsync<long>("select count(*) from polled_result where notify_at is not null") == 0, "nothing is left to tell");
    }
}
