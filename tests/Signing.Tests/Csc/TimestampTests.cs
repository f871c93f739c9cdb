using System.Net;
using Pechat.Pki;
using static Pechat.Signing.Tests.SigningHouse;

namespace Pechat.Signing.Tests.Csc;

[TestFixture]
internal sealed class TimestampTests
{
    private SigningHouse _house = null!;

    [OneTimeSetUp]
    public async Task Start() => _house = await SigningHouse.StartAsync();

    [OneTimeTearDown]
    public async Task Stop()
    {
        _house.Cluster.Logs.Verify();
        await _house.DisposeAsync();
    }

    private Task<Answer> StampAsync(object body) => _house.CscAsync("signatures/timestamp", body);

    [TestCase("00ff10", "00FF10")]
    [TestCase("5a1f00c4d2e91b77", "5A1F00C4D2E91B77")]
    [TestCase("f", "0F")]
    [TestCase("0", "00")]
    [Property("Clause", "CSC API v2 signatures/timestamp")]
    public async Task Token_is_over_the_digest_with_the_nonce_and_the_units_certificate(string nonce, string integer)
    {
        Answer answer = await StampAsync(new { hash = Convert.ToBase64String(Digest("alpha")), hashAlgo = Sha256, nonce });
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        TimestampToken token = TimestampToken.Parse(answer.Body.GetProperty("timestamp").GetBytesFromBase64());
        Assert.That(token.Info.Imprint.Digest.ToArray(), Is.EqualTo(Digest("alpha")));
        Assert.That(Convert.ToHexString(token.Info.Nonce!.Value.Span), Is.EqualTo(integer));
        Assert.That(token.SignedData.Certificates.Single().ToArray(), Is.EqualTo(_house.Timestamper.Certificate.Encoded.ToArray()));
        Assert.That(token.Verify(_house.Timestamper.Certificate));
    }

    [Test, Property("Clause", "CSC API v2 signatures/timestamp")]
    public async Task Refusals_have_the_texts_of_the_standard()
    {
        string hash = Convert.ToBase64String(Digest("alpha"));
        (await StampAsync(new { hashAlgo = Sha256 })).IsInvalid("Missing (or invalid type) string parameter hash");
        (await StampAsync(new { hash = "", hashAlgo = Sha256 })).IsInvalid("Empty hash parameter");
        (await StampAsync(new { hash = "***", hashAlgo = Sha256 })).IsInvalid("Invalid Base64 hash string parameter");
        (await StampAsync(new { hash = "AAAA", hashAlgo = Sha256 })).IsInvalid("Invalid digest value length");
        (await StampAsync(new { hash })).IsInvalid("Invalid parameter hashAlgo");
        (await StampAsync(new { hash, hashAlgo = "1.3.14.3.2.26" })).IsInvalid("Invalid parameter hashAlgo");
        (await StampAsync(new { hash, hashAlgo = Sha256, nonce = "xyz" })).IsInvalid("Invalid parameter nonce");
        (await StampAsync(new { hash, hashAlgo = Sha256, nonce = "" })).IsInvalid("Invalid parameter nonce");
    }

    [Test]
    public async Task Token_over_something_else_is_not_passed_on()
    {
        _house.Timestamper.Lies = true;
        Answer answer = await StampAsync(new { hash = Convert.ToBase64String(Digest("alpha")), hashAlgo = Sha256 });
        _house.Timestamper.Lies = false;
        Assert.That((answer.Status, answer.Error), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable")));
    }
}
