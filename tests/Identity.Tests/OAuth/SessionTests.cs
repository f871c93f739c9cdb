using System.Net;
using System.Text.Json;
using Pechat.Testing;

namespace Pechat.Identity.Tests.OAuth;

internal sealed class SessionTests : OAuthTestBase
{
    [Test]
    public async Task A_refresh_token_gives_new_tokens_and_ends_with_its_use() // CSC 11.13, 169
    {
        var (access, refresh) = await Session();
        JsonElement answer = await Json(await Refresh(refresh));
        var next = Pair(answer);
        Assert.That(answer.GetProperty("token_type").GetString(), Is.EqualTo("Bearer"));
        Assert.That(answer.GetProperty("scope").GetString(), Is.EqualTo("portal openid"));
        Assert.That((next.Access, next.Refresh), Is.Not.EqualTo((access, refresh)));
        Assert.That(Tokens.Payload(next.Access).GetProperty("sid").GetString(), Is.EqualTo(Tokens.Payload(access).GetProperty("sid").GetString()));
        Assert.That(await Try(next.Access), Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await Refresh(next.Refresh)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Identity.Cluster.Logs.VerifyNeverLogged(refresh);
    }

    [Test]
    public async Task Logins_that_the_phone_confirms_do_not_use_up_the_limit()
    {
        for (int i = 0; i < 6; i++)
            await Code();
        for (int i = 0; i < 5; i++)
            await Start(Url(Ask()));
        Assert.That((await Identity.FormAsync(Url(Ask()), new() { ["identifier"] = Phone.Email })).StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
    }

    [Test]
    public async Task A_refresh_token_that_comes_again_ends_the_whole_family() // 169, RFC 9700 §4.14.2
    {
        var (access, refresh) = await Session();
        var thief = Pair(await Json(await Refresh(refresh)));
        await Refused(await Refresh(refresh), HttpStatusCode.BadRequest, "invalid_grant");
        await Refused(await Refresh(thief.Refresh), HttpStatusCode.BadRequest, "invalid_grant");
        await Task.Delay(TimeSpan.FromSeconds(1.1)); // the list of revocations is at most a second old
        Assert.That(await Try(thief.Access), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await Try(access), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task A_refresh_token_shown_many_times_at_once_leaves_nothing_alive()
    {
        var (_, refresh) = await Session();
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Refresh(refresh)));
        HttpResponseMessage won = answers.Single(a => a.IsSuccessStatusCode);
        await Refused(await Refresh(Pair(await Json(won)).Refresh), HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Test]
    public async Task Another_client_can_use_neither_code_nor_refresh_token_and_harms_neither()
    {
        string code = await Code("app", ("scope", "portal"));
        await Refused(await Redeem(code, "rival", ("redirect_uri", Callback("app"))), HttpStatusCode.BadRequest, "invalid_grant");
        var (access, refresh) = Pair(await Json(await Redeem(code)));
        await Refused(await Redeem(code, "rival", ("redirect_uri", Callback("app"))), HttpStatusCode.BadRequest, "invalid_grant");
        await Refused(await Refresh(refresh, "rival"), HttpStatusCode.BadRequest, "invalid_grant");
        await Refused(await Revoke(refresh, "rival"), HttpStatusCode.BadRequest, "invalid_request");
        await Refused(await Revoke(access, "rival"), HttpStatusCode.BadRequest, "invalid_request");
        Assert.That(await Try(access), Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await Refresh(refresh)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_refresh_token_lasts_thirty_days_from_its_issue()
    {
        var (_, refresh) = await Session();
        Identity.Cluster.Clock.Advance(TimeSpan.FromDays(29));
        var (_, next) = Pair(await Json(await Refresh(refresh)));
        Identity.Cluster.Clock.Advance(TimeSpan.FromDays(30));
        HttpResponseMessage late = await Refresh(next);
        Assert.That(await late.Content.ReadAsStringAsync(), Does.Contain("Refresh token expired"));
        await Refused(late, HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Test]
    public async Task A_refresh_may_narrow_the_scope_and_not_widen_it()
    {
        var (_, refresh) = await Session("service openid");
        await Refused(await Refresh(refresh, scope: "service portal"), HttpStatusCode.BadRequest, "invalid_scope");
        JsonElement narrow = await Json(await Refresh(refresh, scope: "service"));
        Assert.That(Tokens.Payload(narrow.GetProperty("access_token").GetString()!).GetProperty("scope").GetString(), Is.EqualTo("service"));
    }

    [Test]
    public async Task A_code_used_twice_revokes_what_it_gave() // CSC 11.13, 152; RFC 6749 §4.1.2
    {
        string code = await Code("app", ("scope", "portal"));
        var (access, refresh) = Pair(await Json(await Redeem(code)));
        Assert.That(await Try(access), Is.EqualTo(HttpStatusCode.OK));
        await Refused(await Redeem(code), HttpStatusCode.BadRequest, "invalid_grant");
        await Refused(await Refresh(refresh), HttpStatusCode.BadRequest, "invalid_grant");
        await Task.Delay(TimeSpan.FromSeconds(1.1)); // the list of revocations is at most a second old
        Assert.That(await Try(access), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task A_revoked_access_token_is_dead_when_the_answer_comes_and_its_refresh_token_lives() // CSC 11.3, 35 and 36; 170
    {
        var (access, refresh) = await Session();
        Assert.That(await Try(access), Is.EqualTo(HttpStatusCode.OK));
        HttpResponseMessage answer = await Revoke(access, hint: "access_token");
        Assert.That((answer.StatusCode, await answer.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.NoContent, "")));
        Assert.That(await Try(access), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await Refresh(refresh)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_revoked_refresh_token_takes_its_access_tokens_along_at_every_replica() // CSC 11.3, 37
    {
        await using TestService replica = await Identity.StartReplicaAsync();
        var (access, refresh) = await Session();
        var next = Pair(await Json(await Refresh(refresh)));
        using HttpClient other = Identity.Cluster.Client(replica, accessToken: next.Access);
        Assert.That((await other.GetAsync("/identity/v1/me")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await Revoke(next.Refresh)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await Try(access), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await other.GetAsync("/identity/v1/me")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        await Refused(await Refresh(next.Refresh), HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Test]
    public async Task Revocation_refuses_with_the_texts_of_the_csc_api() // 170
    {
        async Task Says(HttpResponseMessage answer, string text)
        {
            Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain($"\"{text}\""));
            await Refused(answer, HttpStatusCode.BadRequest, "invalid_request");
        }
        await Says(await Post("/oauth2/revoke", "app", []), "Missing parameter token");
        await Says(await Revoke("x", hint: "foo"), "Invalid parameter token_type_hint");
        await Says(await Revoke("x"), "Invalid string parameter token");
        await Says(await Revoke("a.b.c"), "Invalid string parameter token");
        var form = new Dictionary<string, string> { ["token"] = "x", ["client_id"] = "app", ["client_secret"] = "wrong" };
        await Refused(await Identity.FormAsync("/oauth2/revoke", form), HttpStatusCode.Unauthorized, "invalid_client");
    }

    [TestCase("/revoke")]
    [TestCase("/v1/revoke")]
    [TestCase("/v1/oauth2/revoke")]
    public async Task Revocation_has_the_addresses_that_clients_derive(string path) // D-5
    {
        var (access, _) = await Session();
        Assert.That((await Post(path, "app", new() { ["token"] = access })).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await Try(access), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Introspection_tells_clients_of_their_own_tokens_only() // RFC 7662
    {
        var (access, refresh) = await Session();
        async Task<JsonElement> Look(string token, string client) => await Json(await Post("/oauth2/introspect", client, new() { ["token"] = token }));
        JsonElement own = await Look(access, "app");
        Assert.That(own.GetProperty("active").GetBoolean(), Is.True);
        Assert.That(own.GetProperty("sub").GetGuid(), Is.EqualTo(Phone.CustomerId));
        Assert.That(own.GetProperty("exp").GetInt64(), Is.EqualTo(Tokens.Payload(access).GetProperty("exp").GetInt64()));
        Assert.That((await Look(refresh, "app")).GetProperty("active").GetBoolean(), Is.True);
        foreach (string nothing in new[] { access, refresh, "x", "a.b.c" })
            Assert.That((await Look(nothing, "rival")).ToString(), Is.EqualTo("""{"active":false}"""));
        await Revoke(access);
        Assert.That((await Look(access, "app")).ToString(), Is.EqualTo("""{"active":false}"""));
    }

    [Test]
    public async Task Introspection_is_open_to_peers_and_closed_to_public_clients()
    {
        var (access, _) = await Session();
        using HttpClient peer = Identity.Cluster.Client(Identity.Service, "signing");
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["token"] = access });
        Assert.That((await Json(await peer.PostAsync("/oauth2/introspect", form))).GetProperty("active").GetBoolean(), Is.True);
        var anybody = new Dictionary<string, string> { ["token"] = access, ["client_id"] = "authenticator" };
        await Refused(await Identity.FormAsync("/oauth2/introspect", anybody), HttpStatusCode.Unauthorized, "invalid_client");
        await Refused(await Identity.FormAsync("/oauth2/introspect", new() { ["token"] = access }), HttpStatusCode.BadRequest, "invalid_request");
    }

    [Test]
    public async Task Sessions_are_listed_with_client_place_and_times_and_can_be_ended()
    {
        var (portal, _) = await Session();
        var (access, refresh) = await Session("service");
        string id = Tokens.Payload(access).GetProperty("sid").GetString()!;
        JsonElement[] sessions = [.. (await Json(await Identity.GetAsync("/identity/v1/sessions", portal))).EnumerateArray()];
        JsonElement listed = sessions.Single(s => s.GetProperty("id").GetString() == id);
        Assert.That(listed.GetProperty("client").GetString(), Is.EqualTo("The <app>"));
        Assert.That(listed.GetProperty("place").GetString(), Is.Not.Empty);
        Assert.That(listed.GetProperty("expiresAt").GetDateTimeOffset() - listed.GetProperty("startedAt").GetDateTimeOffset(), Is.EqualTo(TimeSpan.FromDays(30)));
        Assert.That(sessions.Single(s => s.GetProperty("thisSession").GetBoolean()).GetProperty("id").GetString(), Is.EqualTo(Tokens.Payload(portal).GetProperty("sid").GetString()));

        using Phone other = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        Assert.That((await Json(await Identity.GetAsync("/identity/v1/sessions", other.DeviceToken))).GetArrayLength(), Is.Zero);
        await Refused(await Identity.DeleteAsync($"/identity/v1/sessions/{id}", other.DeviceToken), HttpStatusCode.NotFound, "unknown_session");
        await Refused(await Identity.DeleteAsync($"/identity/v1/sessions/{id}", access), HttpStatusCode.Forbidden, "insufficient_scope");

        Assert.That((await Identity.DeleteAsync($"/identity/v1/sessions/{id}", Phone.DeviceToken)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        await Refused(await Refresh(refresh), HttpStatusCode.BadRequest, "invalid_grant");
        await Refused(await Identity.GetAsync("/identity/v1/sessions", access), HttpStatusCode.Unauthorized, "invalid_token");
        JsonElement after = await Json(await Identity.GetAsync("/identity/v1/sessions", portal));
        Assert.That(after.EnumerateArray().Select(s => s.GetProperty("id").GetString()), Has.None.EqualTo(id));
    }

    [Test]
    public async Task The_list_of_revocations_is_for_every_peer_and_its_second_reading_is_what_is_new()
    {
        var (access, _) = await Session();
        await Revoke(access);
        string jti = Tokens.Payload(access).GetProperty("jti").GetString()!;
        using HttpClient peer = Identity.Cluster.Client(Identity.Service, "billing");
        JsonElement list = await Json(await peer.GetAsync("/internal/token-revocations"));
        Assert.That(list.GetProperty("revoked").EnumerateArray().Select(r => r.GetProperty("id").GetString()), Has.Member(jti));
        long later = list.GetProperty("asOf").GetDateTimeOffset().ToUnixTimeMilliseconds() + 1;
        Assert.That((await Json(await peer.GetAsync($"/internal/token-revocations?since={later}"))).GetProperty("revoked").GetArrayLength(), Is.Zero);
    }
}
