using Pechat.Pki;

namespace Pechat.Conformance.Tests;

/// <summary>Checklist 11.12.</summary>
internal sealed class TimestampTests : Suite
{
    private static TstInfo InfoOf(Answer answer, out TimestampToken token)
    {
        token = TimestampToken.Parse(Convert.FromBase64String((string)answer.IsOk()["timestamp"]!));
        return token.Info;
    }

    [Test, Statement(146)]
    public async Task Token_binds_digest_and_nonce_and_holds_its_certificate()
    {
        TstInfo info = InfoOf(await V1("signatures/timestamp", new { hash = H("alpha"), hashAlgo = Sha256, nonce = "00ff10" }), out TimestampToken token);
        Assert.That(info.Imprint.Matches(DigestAlgorithm.Sha256, Convert.FromBase64String(H("alpha"))));
        Assert.That(Convert.ToHexString(info.Nonce!.Value.Span), Is.EqualTo("00FF10"));
        Assert.That(token.SignedData.Certificates, Is.Not.Empty);
    }

    [Test, Statement(147)]
    public async Task Without_a_nonce_there_is_none() =>
        Assert.That(InfoOf(await V1("signatures/timestamp", new { hash = H("alpha"), hashAlgo = Sha256 }), out _).Nonce, Is.Null);

    [Test, Statement(148), Statement(149), Statement(150)]
    public async Task Bad_requests_are_refused([Values(1, 2)] int version)
    {
        async Task Refused(string text, object body) => (await Server.PostAsync($"csc/v{version}/signatures/timestamp", body, Alice)).IsRefused(text);
        await Refused("Empty hash parameter", new { hash = "", hashAlgo = Sha256 });
        await Refused("Missing (or invalid type) string parameter hash", new { hashAlgo = Sha256 });
        await Refused("Invalid Base64 hash string parameter", new { hash = "***", hashAlgo = Sha256 });
        await Refused("Invalid digest value length", new { hash = "AAAA", hashAlgo = Sha256 });
        await Refused("Invalid parameter hashAlgo", new { hash = H("x"), hashAlgo = "1.2.3" });
        await Refused("Invalid parameter hashAlgo", new { hash = Convert.ToBase64String(new byte[20]), hashAlgo = Sha1 });
        await Refused("Invalid parameter nonce", new { hash = H("x"), hashAlgo = Sha256, nonce = "xyz" });
        (await Server.PostAsync($"csc/v{version}/signatures/timestamp", new { hash = H("x"), hashAlgo = Sha256 }, Alice)).IsOk();
    }
}
