using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pechat.Hosting.Jose;

namespace Pechat.Shared.Tests.Hosting;

/// <summary>Keys and signatures of phones: RFC 7515, 7517, 7638.</summary>
public sealed class JoseTests
{
    // RFC 7515 appendix A.3: the key, and the token as it is printed there.
    private const string Key = """{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}""";
    private const string Token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        + "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    [Test, Property("Clause", "RFC 7515 A.3")]
    public void The_example_of_the_standard_verifies()
    {
        CompactJws jws = CompactJws.Parse(Token);
        Assert.That(jws.IsSignedBy(EcPublicKey.Parse(Key)), Is.True);
        Assert.That(jws.Has("iss", "joe"), Is.True);
        Assert.That(jws.Time("exp"), Is.EqualTo(DateTimeOffset.FromUnixTimeSeconds(1300819380)));
    }

    [Test]
    public void A_changed_token_or_another_key_does_not_verify()
    {
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.That(CompactJws.Parse(Token).IsSignedBy(EcPublicKey.From(other)), Is.False);
        Assert.That(CompactJws.Parse(Token.Replace("DtEh", "DtEi", StringComparison.Ordinal)).IsSignedBy(EcPublicKey.Parse(Key)), Is.False);
    }

    [Test]
    public void What_is_signed_is_read_back()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CompactJws jws = CompactJws.Parse(CompactJws.Sign(new { iss = "phone", iat = 1 }, key, "kid-1"));
        Assert.That((jws.IsSignedBy(EcPublicKey.From(key)), jws.KeyId, jws.Text("iss")), Is.EqualTo((true, "kid-1", "phone")));
    }

    [TestCase("""{"alg":"none"}""")]
    [TestCase("""{"alg":"HS256"}""")]
    [TestCase("""{"alg":"ES256","crit":["exp"]}""")]
    [TestCase("""{"alg":"ES256","alg":"none"}""")]
    [TestCase("""["ES256"]""")]
    [TestCase("ES256")]
    public void Other_headers_are_refused(string header) =>
        Assert.Throws<FormatException>(() => CompactJws.Parse(Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header)) + Token[Token.IndexOf('.', StringComparison.Ordinal)..]));

    [TestCase(null)]
    [TestCase("")]
    [TestCase("a.b")]
    [TestCase("....")]
    [TestCase("eyJhbGciOiJFUzI1NiJ9.e30.AAAA")]
    [TestCase("eyJhbGciOiJFUzI1NiJ9 .e30.AAAA")]
    [TestCase("eyJhbGciOiJFUzI1NiJ9=.e30.AAAA")]
    public void What_is_no_compact_JWS_is_refused(string? token) => Assert.Throws<FormatException>(() => CompactJws.Parse(token));

    [TestCase("""{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1"}""", Description = "off the curve or padded")]
    [TestCase("""{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""", Description = "off the curve")]
    [TestCase("""{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}""")]
    [TestCase("""{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}""")]
    [TestCase("""{"kty":"EC","crv":"P-256","x":1,"y":2}""")]
    [TestCase("""{"kty":"RSA","n":"AQAB","e":"AQAB"}""")]
    [TestCase("[]")]
    [TestCase("x")]
    public void What_is_no_point_of_P256_is_refused(string jwk) => Assert.Throws<FormatException>(() => EcPublicKey.Parse(jwk));

    [Test]
    public void A_private_key_is_refused() =>
        Assert.Throws<FormatException>(() => EcPublicKey.Parse(Key.Replace("{", "{\"d\":\"AA\",", StringComparison.Ordinal)));

    [Test]
    public void The_thumbprint_hashes_the_canonical_members_only()
    {
        using JsonDocument more = JsonDocument.Parse(Key.Replace("{", "{\"kid\":\"1\",\"key_ops\":[\"verify\"],", StringComparison.Ordinal));
        Assert.That(EcPublicKey.Parse(more.RootElement), Is.EqualTo(EcPublicKey.Parse(Key)));
        byte[] hash = SHA256.HashData(Encoding.ASCII.GetBytes("""{"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"""));
        Assert.That(EcPublicKey.Parse(Key).Thumbprint, Is.EqualTo(Base64Url.EncodeToString(hash)));
    }
}
