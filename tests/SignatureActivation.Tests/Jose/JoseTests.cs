using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Pechat.SignatureActivation.Jose;
using Pechat.SignatureActivation.Tests.Support;

namespace Pechat.SignatureActivation.Tests.Jose;

public sealed class JoseTests
{
    // RFC 7515 appendix A.3
    private const string Example = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    private static readonly Jwk ExampleKey = Jwk.From("EC", "P-256", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");

    private sealed record Claims(string Iss);

    [Test, Property("Clause", "RFC 7515 A.3")]
    public void The_published_signature_verifies()
    {
        Assert.That(Jws.Parse(Example).IsSignedBy(ExampleKey), Is.True);
        string changed = Example.Replace(".DtEh", ".DtEi", StringComparison.Ordinal);
        Assert.That(Jws.Parse(changed).IsSignedBy(ExampleKey), Is.False);
    }

    [Test, Property("Clause", "RFC 7518 C")]
    public void The_published_key_is_derived()
    {
        using ECDiffieHellman alice = Key("gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0", "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
            "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo");
        using ECDiffieHellman bob = Key("weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ", "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
            "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw");
        byte[] secret = alice.DeriveRawSecretAgreement(bob.PublicKey);
        Assert.That(Base64Url.EncodeToString(Jwe.DeriveKey(secret, "A128GCM", 16, "Alice"u8, "Bob"u8)), Is.EqualTo("VqqN6vgjbSBcIijNcacQGg"));
    }

    [TestCase("none"), TestCase("HS256"), TestCase("ES384"), TestCase("es256")]
    public void Another_algorithm_is_refused(string algorithm)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string message = Compact.Jws(key, null, new JsonObject { ["iss"] = "x" }, algorithm);
        Assert.Throws<JoseException>(() => Jws.Parse(message));
    }

    [TestCase("""{"alg":"ES256","crit":["b64"],"b64":false}""")]
    [TestCase("""{"alg":"ES256","jwk":{}}""")]
    [TestCase("""{"alg":"none","alg":"ES256"}""")]
    [TestCase("""{"alg":null}""")]
    [TestCase("[]")]
    [TestCase("")]
    public void A_header_with_anything_else_is_refused(string header)
    {
        string[] parts = Example.Split('.');
        Assert.Throws<JoseException>(() => Jws.Parse($"{Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(header))}.{parts[1]}.{parts[2]}"));
    }

    [TestCase("eyJhbGciOiJFUzI1NiJ9=")]
    [TestCase("eyJhbGciOiJFUzI1NiJ ")]
    [TestCase("AB")] // unused bits are not zero
    [TestCase("A")]
    [TestCase("+/")]
    public void Other_spellings_of_base64url_are_refused(string text) => Assert.Throws<JoseException>(() => StrictJson.Bytes(text));

    [TestCase("""{"iss":"a","iss":"b"}""")]
    [TestCase("""{"iss":"a","more":1}""")]
    [TestCase("""{"Iss":"a"}""")]
    [TestCase("""{}""")]
    [TestCase("""{"iss":null}""")]
    [TestCase("""{"iss":1}""")]
    [TestCase("""{"iss":"a"} x""")]
    [TestCase("""null""")]
    public void Claims_of_another_shape_are_refused(string json) => Assert.Throws<JoseException>(() => StrictJson.Read<Claims>(json));

    [Test]
    public void A_point_off_the_curve_is_refused()
    {
        byte[] y = Base64Url.DecodeFromChars("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        y[31] ^= 1;
        Assert.Throws<JoseException>(() => Jwk.From("EC", "P-256", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", Base64Url.EncodeToString(y)));
        Assert.Throws<JoseException>(() => Jwk.From("EC", "P-384", StrictJson.Text(ExampleKey.X), StrictJson.Text(ExampleKey.Y)));
    }

    [Test]
    public void Arbitrary_text_gives_the_documented_exception_only()
    {
        var random = new Random(20261125);
        const string Letters = "abcAB12._-{}=\"";
        for (int i = 0; i < 5000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => Letters[random.Next(Letters.Length)]));
            Assert.Throws<JoseException>(() => Jws.Parse(text));
            Assert.Throws<JoseException>(() => Jwe.Parse(text));
            Assert.Throws<JoseException>(() => Jwk.Parse(text));
        }
    }

    private static ECDiffieHellman Key(string x, string y, string d) => ECDiffieHellman.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = Base64Url.DecodeFromChars(x), Y = Base64Url.DecodeFromChars(y) },
        D = Base64Url.DecodeFromChars(d),
    });
}
