using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.SignatureActivation.Tests.Support;

namespace Pechat.SignatureActivation.Tests.Enrolment;

/// <summary>What a hostile Identity cannot do.</summary>
public sealed class EnrolmentTests
{
    private Module _module = null!;

    [OneTimeSetUp]
    public async Task Start() => _module = await Module.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _module.DisposeAsync();

    [Test]
    public async Task A_verified_person_enrols_a_device_and_the_call_may_be_repeated()
    {
        Phone phone = _module.NewPhone();
        EnrolDeviceRequest request = phone.Enrolment();
        request.Verification = _module.Verify(phone);
        Assert.That((await _module.Identity.EnrolDeviceAsync(request)).DeviceId, Is.EqualTo(phone.DeviceId.ToString()));
        Assert.That(await Module.RefusalOf(_module.Identity.EnrolDeviceAsync(request)), Is.EqualTo("accepted"));
    }

    [Test]
    public async Task Only_identity_may_ask()
    {
        Phone phone = _module.NewPhone();
        EnrolDeviceRequest request = phone.Enrolment();
        request.Verification = _module.Verify(phone);
        foreach (string caller in new[] { "signing", "gateway", "registration" })
            Assert.That(await Module.RefusalOf(_module.ClientOf(caller).EnrolDeviceAsync(request)), Is.EqualTo("PermissionDenied peer_refused"), caller);
    }

    private static IEnumerable<TestCaseData> Forgeries()
    {
        yield return Case("another person", claims => claims["sub"] = Guid.NewGuid().ToString());
        yield return Case("a negative outcome", claims => claims["outcome"] = "negative");
        yield return Case("another audience", claims => claims["aud"] = "pechat-identity");
        yield return Case("another key", claims => claims["cnf"] = new JsonObject { ["jkt"] = Compact.Text(new byte[32]) });
        yield return Case("expired", claims => claims["exp"] = claims["iat"]!.GetValue<long>() - 1);
        yield return Case("issued long ago", claims => claims["iat"] = claims["iat"]!.GetValue<long>() - 86400);
        yield return Case("issued in the future", claims => claims["iat"] = claims["iat"]!.GetValue<long>() + 3600);
        yield return Case("a claim nobody knows", claims => claims["admin"] = true);

        static TestCaseData Case(string name, Action<JsonObject> falsify) => new TestCaseData(falsify).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Forgeries))]
    public async Task A_verification_of_something_else_enrols_nobody(Action<JsonObject> falsify)
    {
        Phone phone = _module.NewPhone();
        EnrolDeviceRequest request = phone.Enrolment();
        request.Verification = _module.Verify(phone, falsify);
        Assert.That(await Module.RefusalOf(_module.Identity.EnrolDeviceAsync(request)), Is.EqualTo("PermissionDenied invalid_evidence"));
    }

    [Test]
    public async Task An_assertion_of_an_untrusted_verifier_enrols_nobody()
    {
        using ECDsa forger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Phone phone = _module.NewPhone();
        EnrolDeviceRequest request = phone.Enrolment();
        request.Verification = _module.Verify(phone, by: forger);
        Assert.That(await Module.RefusalOf(_module.Identity.EnrolDeviceAsync(request)), Is.EqualTo("PermissionDenied invalid_evidence"));
    }

    [Test]
    public async Task Without_evidence_nobody_is_enrolled() =>
        Assert.That(await Module.RefusalOf(_module.Identity.EnrolDeviceAsync(_module.NewPhone().Enrolment())), Is.EqualTo("InvalidArgument invalid_request"));

    [Test]
    public async Task A_used_verification_enrols_no_second_device()
    {
        Phone phone = _module.NewPhone();
        string verification = _module.Verify(phone);
        EnrolDeviceRequest request = phone.Enrolment();
        request.Verification = verification;
        await _module.Identity.EnrolDeviceAsync(request);
        // The same key under another id would be a second device with one assertion.
        request.DeviceId = Guid.NewGuid().ToString();
        Assert.That(await Module.RefusalOf(_module.Identity.EnrolDeviceAsync(request)), Is.EqualTo("PermissionDenied invalid_evidence"));
        Phone other = _module.NewPhone(phone.Owner);
        EnrolDeviceRequest otherRequest = other.Enrolment();
        otherRequest.Verification = verification;
        Assert.That(await Module.RefusalOf(_module.Identity.EnrolDeviceAsync(otherRequest)), Is.EqualTo("PermissionDenied invalid_evidence"));
    }

    [Test]
    public async Task A_pin_or_key_that_the_device_did_not_sign_is_refused()
    {
        Phone phone = _module.NewPhone(), other = _module.NewPhone(phone.Owner);
        EnrolDeviceRequest request = phone.Enrolment();
        request.Verification = _module.Verify(phone);
        EnrolDeviceRequest swappedPin = request.Clone(), swappedKey = request.Clone();
        swappedPin.Pin = other.Enrolment().Pin;
        swappedKey.PublicKey = other.Jwk;
        Assert.That(await Module.RefusalOf(_module.Identity.EnrolDeviceAsync(swappedPin)), Is.EqualTo("PermissionDenied invalid_evidence"));
        Assert.That(await Module.RefusalOf(_module.Identity.EnrolDeviceAsync(swappedKey)), Is.EqualTo("PermissionDenied invalid_evidence"));
    }

    [TestCase("123456", "InvalidArgument trivial_pin")]
    [TestCase("4938", "InvalidArgument invalid_pin_format")]
    public async Task A_weak_pin_is_refused(string pin, string expected)
    {
        Phone phone = _module.NewPhone(pin: pin);
        EnrolDeviceRequest request = phone.Enrolment();
        request.Verification = _module.Verify(phone);
        Assert.That(await Module.RefusalOf(_module.Identity.EnrolDeviceAsync(request)), Is.EqualTo(expected));
    }

    [Test]
    public async Task A_device_endorses_another_of_its_owner_once_and_nobody_elses()
    {
        Phone first = await _module.EnrolAsync(), stranger = await _module.EnrolAsync();
        Phone second = _module.NewPhone(first.Owner);
        EnrolDeviceRequest request = second.Enrolment();
        request.Endorsement = stranger.Endorse(second);
        Assert.That(await Module.RefusalOf(_module.Identity.EnrolDeviceAsync(request)), Is.EqualTo("PermissionDenied invalid_evidence"));
        request.Endorsement = first.Endorse(_module.NewPhone(first.Owner));
        Assert.That(await Module.RefusalOf(_module.Identity.EnrolDeviceAsync(request)), Is.EqualTo("PermissionDenied invalid_evidence"));
        request.Endorsement = first.Endorse(second);
        Assert.That(await Module.RefusalOf(_module.Identity.EnrolDeviceAsync(request)), Is.EqualTo("accepted"));
    }

    [Test]
    public async Task A_detached_device_endorses_nobody()
    {
        Phone first = await _module.EnrolAsync();
        await _module.Identity.DetachDeviceAsync(new DetachDeviceRequest { OwnerId = first.Owner.ToString(), DeviceId = first.DeviceId.ToString() });
        Phone second = _module.NewPhone(first.Owner);
        EnrolDeviceRequest request = second.Enrolment();
        request.Endorsement = first.Endorse(second);
        Assert.That(await Module.RefusalOf(_module.Identity.EnrolDeviceAsync(request)), Is.EqualTo("PermissionDenied invalid_evidence"));
    }

    [Test]
    public async Task A_device_id_of_another_owner_is_taken()
    {
        Phone first = await _module.EnrolAsync();
        Phone second = _module.NewPhone();
        EnrolDeviceRequest request = second.Enrolment();
        request.DeviceId = first.DeviceId.ToString();
        request.Verification = _module.Verify(second);
        Assert.That(await Module.RefusalOf(_module.Identity.EnrolDeviceAsync(request)), Is.EqualTo("FailedPrecondition device_exists"));
        Assert.That(await Module.RefusalOf(_module.Identity.DetachDeviceAsync(
            new DetachDeviceRequest { OwnerId = second.Owner.ToString(), DeviceId = first.DeviceId.ToString() })), Is.EqualTo("NotFound unknown_device"));
    }
}
