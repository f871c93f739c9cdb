using System.Net;
using System.Text.Json;

namespace Pechat.Identity.Tests;

/// <summary>Starts Identity for a fixture and fails it on an unexpected Error in the log.</summary>
internal abstract class IdentityTestBase
{
    protected IdentityFixture Identity { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task Start() => Identity = await IdentityFixture.StartAsync();

    [TearDown]
    public void NoUnexpectedError()
    {
        (Identity.SamFails, Identity.SenderFails) = (null, null);
        Identity.Cluster.Logs.Verify();
    }

    [OneTimeTearDown]
    public async Task Stop() => await Identity.DisposeAsync();

    /// <summary>The device behind the token counts no longer: refused here at once, and with the list of revocations everywhere within a second.</summary>
    protected static async Task NoLonger(HttpResponseMessage answer)
    {
        string body = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.StatusCode, Is.AnyOf(HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden), body);
        Assert.That(JsonDocument.Parse(body).RootElement.GetProperty("code").GetString(), Is.AnyOf("invalid_token", "device_detached"));
    }

    /// <summary>The answer is a refusal with this status and code, in the form of the surface.</summary>
    protected static async Task Refused(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        string body = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.StatusCode, Is.EqualTo(status), body);
        JsonElement json = JsonDocument.Parse(body).RootElement;
        Assert.That((json.TryGetProperty("code", out JsonElement own) ? own : json.GetProperty("error")).GetString(), Is.EqualTo(code), body);
    }
}
