using System.Net;
using System.Text.Json;
using Grpc.Core;
using Pechat.Contracts.Identity.V1;
using Pechat.Testing;

namespace Pechat.Identity.Tests.OAuth;

internal sealed class DirectLoginTests : OAuthTestBase
{
    private Sessions.SessionsClient _sessions = null!;

    [OneTimeSetUp]
    public void Connect() => _sessions = new(Identity.Cluster.Channel(Identity.Service, "signing"));

    private Task<SessionTokens> Login(string user, bool rememberMe = false, CancellationToken ct = default) => _sessions.LoginAsync(
        new() { UserName = user, Password = "not looked at", RememberMe = rememberMe, Place = "192.0.2.7", UserAgent = "Mozilla/5.0 (X11; Linux) Firefox/140.0" }, cancellationToken: ct).ResponseAsync;

    private Task<SessionTokens> Again(string refresh, bool rememberMe = false) => _sessions.LoginAsync(new() { RefreshToken = refresh, RememberMe = rememberMe }).ResponseAsync;

    private async Task Decide(string decision)
    {
        JsonElement[] waiting = [];
        await Eventually.HoldsAsync(async () => (waiting = await Phone.LoginsAsync()).Length == 1, "the phone is asked");
        Assert.That((waiting[0].GetProperty("client").GetString(), waiting[0].GetProperty("place").GetString(), waiting[0].GetProperty("browser").GetString()),
            Is.EqualTo(("Direct login", "192.0.2.7", "Firefox, Linux")));
        Assert.That((await Phone.DecideAsync(waiting[0].GetProperty("id").GetGuid(), decision)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
    }

    private async Task<SessionTokens> LoggedIn(bool rememberMe = false)
    {
        Task<SessionTokens> login = Login(Phone.Email, rememberMe);
        await Decide("confirm");
        return await login;
    }

    private static async Task Says(Task call, string detail, StatusCode code = StatusCode.InvalidArgument)
    {
        RpcException refusal = Assert.CatchAsync<RpcException>(() => call)!;
        Assert.That((refusal.StatusCode, refusal.Status.Detail), Is.EqualTo((code, detail)));
        await Task.CompletedTask;
    }

    private Task<RevokeReply> Revoke(string token, string hint = "", string? customer = null, string client = "csc-login") => _sessions.RevokeAsync(
        new() { Token = token, TokenTypeHint = hint, CustomerId = customer ?? Phone.CustomerId.ToString(), ClientId = client }).ResponseAsync;

    [Test]
    public async Task The_phone_confirms_a_login_without_a_browser() // CSC 11.3, 26
    {
        SessionTokens tokens = await LoggedIn();
        JsonElement claims = Tokens.Payload(tokens.AccessToken);
        Assert.That((claims.GetProperty("sub").GetGuid(), claims.GetProperty("scope").GetString(), claims.GetProperty("client_id").GetString()),
            Is.EqualTo((Phone.CustomerId, "service", "csc-login")));
        Assert.That((tokens.ExpiresIn, tokens.RefreshToken), Is.EqualTo((3600, "")));
        Assert.That((await Json(await Identity.GetAsync("/identity/v1/sessions", Phone.DeviceToken))).EnumerateArray().Select(s => s.GetProperty("id").GetString()),
            Has.Member(claims.GetProperty("sid").GetString()));
    }

    [Test]
    public async Task Declined_and_unreadable_are_answered_alike() // 28
    {
        Task<SessionTokens> login = Login(Phone.Email);
        await Decide("decline");
        await Says(login, "An error occurred during authentication process");
        await Says(Login("nobody"), "An error occurred during authentication process");
    }

    [Test]
    public async Task Nobody_waits_as_long_as_somebody_who_does_not_answer() // 28
    {
        Task<SessionTokens> unknown = Login("nobody@example.com"), silent = Login(Phone.Email);
        await Eventually.HoldsAsync(async () => (await Phone.LoginsAsync()).Length == 1, "the phone is asked");
        Identity.Cluster.Clock.Advance(TimeSpan.FromSeconds(50));
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.That((unknown.IsCompleted, silent.IsCompleted), Is.EqualTo((false, false)));
        Identity.Cluster.Clock.Advance(TimeSpan.FromSeconds(11));
        await Says(unknown, "An error occurred during authentication process");
        await Says(silent, "An error occurred during authentication process");
        Assert.That(await Phone.LoginsAsync(), Is.Empty);
    }

    [Test]
    public async Task Hanging_up_takes_the_question_off_the_phone()
    {
        using var patience = new CancellationTokenSource();
        Task<SessionTokens> login = Login(Phone.Email, ct: patience.Token);
        await Eventually.HoldsAsync(async () => (await Phone.LoginsAsync()).Length == 1, "the phone is asked");
        await patience.CancelAsync();
        Assert.CatchAsync<RpcException>(() => login);
        await Eventually.HoldsAsync(async () => (await Phone.LoginsAsync()).Length == 0, "it is not asked any more");
    }

    [Test]
    public async Task Remember_me_gives_a_refresh_token_that_serves_until_a_new_one_is_asked_for() // 27, 32, 33
    {
        SessionTokens tokens = await LoggedIn(rememberMe: true);
        Assert.That(tokens.RefreshToken, Is.Not.Empty);
        Assert.That((await Again(tokens.RefreshToken)).RefreshToken, Is.Empty);
        SessionTokens renewed = await Again(tokens.RefreshToken, rememberMe: true);
        Assert.That(Tokens.Payload(renewed.AccessToken).GetProperty("sub").GetGuid(), Is.EqualTo(Phone.CustomerId));
        await Says(Again("unknown"), "Invalid refresh_token");
        await Says(Again(tokens.RefreshToken), "Invalid refresh_token");
        await Says(Again(renewed.RefreshToken), "Invalid refresh_token"); // the old one has shown that it was copied
    }

    [Test]
    public async Task A_refresh_token_of_another_client_is_not_taken()
    {
        var (_, refresh) = await Session("service");
        await Says(Again(refresh), "Invalid refresh_token");
        Assert.That((await Refresh(refresh)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Too_many_logins_are_refused() // 34
    {
        for (int i = 0; i < 5; i++)
        {
            using var impatience = new CancellationTokenSource();
            Task<SessionTokens> login = Login("somebody.else@example.com", ct: impatience.Token);
            await Eventually.HoldsAsync(async () => await Count() == i + 1, "the login waits");
            await impatience.CancelAsync();
            Assert.CatchAsync<RpcException>(() => login);
        }
        await Says(Login("somebody.else@example.com"), "Too many logins; try again later", StatusCode.ResourceExhausted);
    }

    [Test]
    public async Task The_bearer_revokes_tokens_of_their_own_only() // 35 to 40
    {
        SessionTokens tokens = await LoggedIn(rememberMe: true);
        await Says(Revoke(tokens.AccessToken, customer: Guid.NewGuid().ToString()), "Invalid string parameter token");
        await Says(Revoke(tokens.AccessToken, client: "app"), "Invalid string parameter token");
        await Says(Revoke(tokens.AccessToken, hint: "foo"), "Invalid string parameter token_type_hint");
        await Says(Revoke(""), "Invalid string parameter token");
        await Revoke(tokens.AccessToken, "access_token");
        await Says(Revoke(tokens.AccessToken), "Invalid string parameter token");
        SessionTokens next = await Again(tokens.RefreshToken);
        await Revoke(tokens.RefreshToken);
        await Says(Revoke(next.AccessToken), "Invalid string parameter token"); // dead with its session
        await Says(Again(tokens.RefreshToken), "Invalid refresh_token");
    }

    [Test]
    public async Task Only_signing_may_ask()
    {
        var billing = new Sessions.SessionsClient(Identity.Cluster.Channel(Identity.Service, "billing"));
        foreach (Task call in new Task[] { billing.LoginAsync(new() { UserName = Phone.Email }).ResponseAsync, billing.RevokeAsync(new()).ResponseAsync })
            Assert.That(Assert.CatchAsync<RpcException>(() => call)!.StatusCode, Is.EqualTo(StatusCode.PermissionDenied));
        Assert.That(await Phone.LoginsAsync(), Is.Empty);
    }

    private async Task<long> Count()
    {
        await using var db = await Identity.Database.DataSource.OpenConnectionAsync();
        return await Dapper.SqlMapper.ExecuteScalarAsync<long>(db, "select count(*) from login where customer_id is null and client_id = 'csc-login' and requested_at > @since and place = '192.0.2.7'",
            new { since = Identity.Cluster.Clock.GetUtcNow().AddMinutes(-5) });
    }
}
