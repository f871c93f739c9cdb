using System.Text.Json;
using Grpc.Core;
using Pechat.Contracts.Identity.V1;
using Pechat.Identity.Profile;

namespace Pechat.Identity.Tests.Profile;

/// <summary>R-126: the identifier and the changing code that the app shows.</summary>
internal sealed class ProfileCodeTests : IdentityTestBase
{
    private Phone _phone = null!;

    [SetUp]
    public async Task Enrol() => _phone = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());

    [TearDown]
    public void End() => _phone.Dispose();

    private async Task<(string Id, string Code)> Shown()
    {
        JsonElement shown = await Phone.Json(await _phone.GetAsync("/me/code"));
        return (shown.GetProperty("profileId").GetString()!, shown.GetProperty("code").GetString()!);
    }

    private async Task<string> Find(string id, string code, string caller = "signing")
    {
        var directory = new CustomerDirectory.CustomerDirectoryClient(Identity.Cluster.Channel(Identity.Service, caller));
        try
        {
            return (await directory.FindByProfileCodeAsync(new FindByProfileCodeRequest { ProfileId = id, Code = code })).CustomerId;
        }
        catch (RpcException e)
        {
            return e.Trailers.GetValue("pechat-code") ?? e.StatusCode.ToString();
        }
    }

    private static string Other(string code) => code == "000000" ? "000001" : "000000";

    [TestCase(59, "94287082"), TestCase(1111111109, "07081804"), TestCase(20000000000, "65353130")]
    public void Codes_are_those_of_rfc_6238(long time, string code) =>
        Assert.That(ProfileCodes.Compute("12345678901234567890"u8, ProfileCodes.StepOf(DateTimeOffset.FromUnixTimeSeconds(time)), 8), Is.EqualTo(code)); // RFC 6238 appendix B

    [Test]
    public async Task Identifier_and_code_name_the_customer_once()
    {
        (string id, string code) = await Shown();
        Assert.That(id, Does.Match("^[0-9]{3}-[0-9]{6}$"));
        Assert.That(await Find(id, code), Is.EqualTo(_phone.CustomerId.ToString()));
        Assert.That(await Find(id, code), Is.EqualTo("otp_used"));
        Assert.That((await Shown()).Id, Is.EqualTo(id));
    }

    [Test]
    public async Task A_code_is_accepted_one_step_late_and_then_has_expired() // AC-063
    {
        (string id, string code) = await Shown();
        Identity.Cluster.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.That(await Find(id, code), Is.EqualTo(_phone.CustomerId.ToString()));
        (_, code) = await Shown();
        Identity.Cluster.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.That(await Find(id, code), Is.EqualTo("otp_expired"));
    }

    [Test]
    public async Task Unknown_identifier_and_wrong_code_are_told_the_same_and_five_wrong_codes_lock()
    {
        (string id, string code) = await Shown();
        Assert.That(await Find("999-99999x", code), Is.EqualTo("wrong_code"));
        for (int i = 0; i < 5; i++)
            Assert.That(await Find(id, Other(code)), Is.EqualTo("wrong_code"));
        Assert.That(await Find(id, (await Shown()).Code), Is.EqualTo("locked"));
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(1));
        await _phone.LogInAsync();
        Assert.That(await Find(id, (await Shown()).Code), Is.EqualTo(_phone.CustomerId.ToString()));
    }

    [Test]
    public async Task Only_signing_may_ask() =>
        Assert.That(await Find("000-000000", "000000", caller: "billing"), Is.Not.EqualTo("wrong_code"));
}
