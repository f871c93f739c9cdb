using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Pechat.Hosting;
using Pechat.Testing;

namespace Pechat.Identity.Tests.Devices;

/// <summary>R-124: another service of the house refuses the tokens of a detached phone and of a locked profile.</summary>
internal sealed class DetachEverywhereTests : IdentityTestBase
{
    private HttpClient _signing = null!;

    [OneTimeSetUp]
    public async Task StartAnotherService()
    {
        TestService service = await Identity.Cluster.StartAsync(async args =>
        {
            var builder = WebApplication.CreateBuilder(args);
            builder.AddDefaults("signing");
            builder.AddAccessTokens();
            var app = builder.Build();
            app.MapDefaults();
            app.MapGroup("/signing/v1").WithProblemDetails().MapGet("/requests", () => Results.Ok()).RequireAccess("device");
            await app.RunAsync();
        }, "signing");
        await service.UntilReadyAsync();
        _signing = Identity.Cluster.Client(service);
    }

    [OneTimeTearDown]
    public void End() => _signing.Dispose();

    private async Task<HttpStatusCode> Ask(Phone phone)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/signing/v1/requests");
        request.Headers.Authorization = new("Bearer", phone.DeviceToken);
        using HttpResponseMessage answer = await _signing.SendAsync(request);
        return answer.StatusCode;
    }

    [Test]
    public async Task A_detached_phone_is_refused_by_every_service_within_five_seconds() // AC-151
    {
        using Phone phone = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        using Phone other = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        Assert.That(await Ask(phone), Is.EqualTo(HttpStatusCode.OK));
        await Identity.DeleteAsync($"/identity/v1/devices/{phone.DeviceId}", phone.DeviceToken);
        Assert.That(TokenRevocations.MaxAge, Is.LessThan(TimeSpan.FromSeconds(5)));
        Identity.Cluster.Clock.Advance(TokenRevocations.MaxAge); // no service goes by a list older than this
        Assert.That(await Ask(phone), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await Ask(other), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_locked_profile_is_refused_by_every_service()
    {
        using Phone phone = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        Assert.That(await Ask(phone), Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await phone.PostAsync("/me/lock", new { proof = phone.Proof("lock") })).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Identity.Cluster.Clock.Advance(TokenRevocations.MaxAge);
        Assert.That(await Ask(phone), Is.EqualTo(HttpStatusCode.Unauthorized));
    }
}
