using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Pechat.AdES;
using Pechat.AdES.Jades;
using Pechat.Pki;

namespace Pechat.Shared.Tests.AdES.Jades;

/// <summary>JAdES that we make, judged by the library jose.</summary>
[TestFixture]
internal sealed class JadesSigningTests
{
    private static readonly byte[] Payload = Encoding.UTF8.GetBytes("""{"наем":650,"валута":"EUR"}""");
    private static readonly SignatureClaims Claims = new() { SigningTime = Signer.Now, MimeType = "application/json", Commitment = Commitment.ProofOfApproval, Country = "BG", Locality = "София" };
    private static readonly DetachedObject[] Objects =
    [
        new("https://example.org/one", Encoding.ASCII.GetBytes("document one!"), "text/plain"), new("https://example.org/two", Encoding.ASCII.GetBytes("two"), "text/plain"),
    ];

    private readonly Signer _signer = new();

    private static IEnumerable<TestCaseData> Kinds() =>
        from algorithm in SignatureAlgorithm.All
        from serialization in Enum.GetValues<JwsSerialization>()
        from level in serialization == JwsSerialization.Compact ? new[] { "B" } : ["B", "T"]
        select new TestCaseData(algorithm, serialization, level == "T").SetArgDisplayNames(algorithm.JwaName, serialization.ToString(), level);

    [OneTimeSetUp]
    public Task Install() => Jose.InstallAsync();

    [OneTimeTearDown]
    public void Dispose() => _signer.Dispose();

    [TestCaseSource(nameof(Kinds)), Property("Clause", "TS 119 182-1 6.3")]
    public async Task Signature_is_valid_for_jose_until_the_payload_or_the_header_changes(SignatureAlgorithm algorithm, JwsSerialization serialization, bool stamped)
    {
        using Signer signer = For(algorithm);
        byte[] jws = await Complete(signer, JadesSigner.Prepare(Payload, Claims, signer.Certificate, [signer.Root], algorithm), serialization, stamped);
        (bool valid, byte[] payload, string output) = await Jose.VerifyAsync(jws, signer);
        Assert.That(valid, output);
        Assert.That(payload, Is.EqualTo(Payload));

        string text = Encoding.UTF8.GetString(jws), part = Base64Url.EncodeToString(Payload);
        string changed = text.Replace(part, Base64Url.EncodeToString(Encoding.UTF8.GetBytes("""{"наем":651,"валута":"EUR"}""")), StringComparison.Ordinal);
        Assert.That(changed, Is.Not.EqualTo(text));
        Assert.That((await Jose.VerifyAsync(Encoding.UTF8.GetBytes(changed), signer)).Output, Does.Contain("signature verification failed"));
        string header = Header(text, serialization);
        string later = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(header)).Replace("\"iat\":1", "\"iat\":2", StringComparison.Ordinal)));
        Assert.That((await Jose.VerifyAsync(Encoding.UTF8.GetBytes(text.Replace(header, later, StringComparison.Ordinal)), signer)).Output, Does.Contain("signature verification failed"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Detached_payload_is_valid_only_with_its_octets(bool encoded)
    {
        PendingSignature pending = JadesSigner.PrepareDetached(Payload, Claims, _signer.Certificate, [_signer.Root], _signer.Algorithm, encoded);
        byte[] jws = await Complete(_signer, pending, JwsSerialization.Flattened, stamped: true);
        byte[] part = encoded ? Encoding.ASCII.GetBytes(Base64Url.EncodeToString(Payload)) : Payload;
        Assert.That(Encoding.UTF8.GetString(jws), Does.Not.Contain("\"payload\""));
        (bool valid, byte[] payload, string output) = await Jose.VerifyAsync(jws, _signer, part, !encoded);
        Assert.That(valid, output);
        Assert.That(payload, Is.EqualTo(Payload));
        part[2] ^= 1;
        Assert.That((await Jose.VerifyAsync(jws, _signer, part, !encoded)).Valid, Is.False);
    }

    [TestCase(JwsSerialization.Flattened, true)]
    [TestCase(JwsSerialization.General, false)]
    [TestCase(JwsSerialization.Compact, false)]
    public async Task Raw_payload_stands_in_the_file_as_it_is(JwsSerialization serialization, bool stamped)
    {
        PendingSignature pending = JadesSigner.Prepare(Payload, Claims, _signer.Certificate, [], _signer.Algorithm, encoded: false);
        byte[] jws = await Complete(_signer, pending, serialization, stamped);
        (bool valid, byte[] payload, string output) = await Jose.VerifyAsync(jws, _signer);
        Assert.That(valid, output);
        Assert.That(payload, Is.EqualTo(Payload));
        byte[] stop = Encoding.UTF8.GetBytes("a.b");
        pending = JadesSigner.Prepare(stop, Claims, _signer.Certificate, [], _signer.Algorithm, encoded: false);
        Assert.That(() => JadesSigner.Complete(pending, _signer.SignDigest(pending.Digest), JwsSerialization.Compact), Throws.InstanceOf<SignatureException>());
    }

    [TestCase("uri", true)]
    [TestCase("uri", false)]
    [TestCase("hash", true)]
    [TestCase("hash", false)]
    [TestCase("headers", false)]
    public async Task Named_objects_are_covered(string mechanism, bool encoded)
    {
        DetachedContent content = mechanism switch
        {
            "uri" => new ObjectsByUri(Objects),
            "hash" => new ObjectsByUriAndHash(Objects),
            _ => new HttpHeaders([("(request-target)", "post /contracts"), ("Digest", "SHA-256=" + Convert.ToBase64String(SHA256.HashData(Payload)))]),
        };
        PendingSignature pending = JadesSigner.PrepareDetached(content, Claims, _signer.Certificate, [_signer.Root], _signer.Algorithm, encoded);
        byte[] jws = await Complete(_signer, PendingSignature.FromTrusted(pending.Encode()), JwsSerialization.General, stamped: true);
        byte[] part = content.Payload(!encoded);
        (bool valid, _, string output) = await Jose.VerifyAsync(jws, _signer, part, !encoded);
        Assert.That(valid, output);
        JsonNode header = JsonNode.Parse(Base64Url.DecodeFromChars(Header(Encoding.UTF8.GetString(jws), JwsSerialization.General)))!;
        Assert.Multiple(() =>
        {
            Assert.That((string?)header["sigD"]!["mId"], Is.EqualTo(content.Mechanism));
            Assert.That(header["crit"]!.AsArray().Select(each => (string?)each), Is.EquivalentTo(encoded ? ["sigD"] : new[] { "sigD", "b64" }));
            Assert.That(header["cty"], Is.Null);
            Assert.That((long)header["iat"]!, Is.EqualTo(Signer.Now.ToUnixTimeSeconds()));
        });
        if (part.Length > 0)
        {
            part[0] ^= 1;
            Assert.That((await Jose.VerifyAsync(jws, _signer, part, !encoded)).Valid, Is.False);
        }
    }

    [Test, Property("Clause", "TS 119 182-1 5.2.8")]
    public void Known_objects_have_the_known_payload_and_hashes()
    {
        // ades.md KAT-4
        Assert.That(Encoding.ASCII.GetString(new ObjectsByUri(Objects).Payload(raw: false)), Is.EqualTo("ZG9jdW1lbnQgb25lIQdHdv"));
        Assert.That(new ObjectsByUriAndHash(Objects).Hashes(DigestAlgorithm.Sha256, raw: false)[0], Is.EqualTo("msjPQGGqxih3lQ2vLXj2RckaCssgaIljLfFRsvw-usw"));
        Assert.That(new ObjectsByUriAndHash(Objects).Hashes(DigestAlgorithm.Sha256, raw: true)[0], Is.EqualTo("o5oZPnICyHGozEPE3inDBuJnmR0s9aI1THgP-bdZsSE"));
        // ades.md KAT-3
        Assert.That(UnsignedElement.SignatureTimestamp(new byte[3]), Is.EqualTo("eyJzaWdUc3QiOnsidHN0VG9rZW5zIjpbeyJ2YWwiOiJBQUFBIn1dfX0"));
    }

    [Test]
    public async Task Further_signature_leaves_the_first_as_it_is()
    {
        using Signer second = For(SignatureAlgorithm.RsaPssSha256);
        byte[] first = await Complete(_signer, JadesSigner.Prepare(Payload, Claims, _signer.Certificate, [], _signer.Algorithm), JwsSerialization.Flattened, stamped: true);
        PendingSignature pending = JadesSigner.PrepareParallel(first, Claims, second.Certificate, [second.Root], second.Algorithm);
        byte[] both = await Complete(second, pending, JwsSerialization.General, stamped: true);
        Assert.That(JwsDocument.Parse(both).Signatures[0], Is.EqualTo(JwsDocument.Parse(first).Signatures[0]).Using<JwsSignature>(
            (a, b) => a.Protected == b.Protected && a.Signature == b.Signature && a.Unsigned.SequenceEqual(b.Unsigned)));
        foreach (Signer each in (Signer[])[_signer, second])
        {
            (bool valid, _, string output) = await Jose.VerifyAsync(both, each);
            Assert.That(valid, output);
        }
    }

    [Test]
    public async Task What_the_standard_forbids_is_refused()
    {
        PendingSignature pending = JadesSigner.Prepare(Payload, Claims, _signer.Certificate, [], _signer.Algorithm);
        byte[] value = _signer.SignDigest(pending.Digest);
        byte[] token = await _signer.StampAsync(JadesSigner.TimestampInput(pending, value));
        byte[] overRaw = await _signer.StampAsync(value);
        using Signer rsa = For(SignatureAlgorithm.RsaSha256);
        Assert.Multiple(() =>
        {
            Assert.That(() => JadesSigner.Complete(pending, value, JwsSerialization.Compact, token), Throws.InstanceOf<SignatureException>(), "no time stamp in the compact form");
            Assert.That(() => JadesSigner.Complete(pending, value, JwsSerialization.General, overRaw), Throws.InstanceOf<CryptographicException>());
            Assert.That(() => JadesSigner.Complete(pending, rsa.SignDigest(pending.Digest), JwsSerialization.General), Throws.InstanceOf<CryptographicException>());
            Assert.That(() => JadesSigner.Prepare(Payload, Claims, _signer.Certificate, [], SignatureAlgorithm.EcdsaSha384), Throws.InstanceOf<SignatureException>(), "ES384 on P-256");
            Assert.That(() => JadesSigner.PrepareDetached(new HttpHeaders([("a", "b")]), Claims, _signer.Certificate, [], _signer.Algorithm), Throws.InstanceOf<SignatureException>());
        });
    }

    [TestCase("""{"alg":"ES256","iat":1,"sigT":"2026-01-01T00:00:00Z"}""")]
    [TestCase("""{"alg":"ES256"}""")]
    [TestCase("""{"alg":"ES256","iat":1,"crit":[]}""")]
    [TestCase("""{"alg":"ES256","iat":1,"crit":["exp"]}""")]
    [TestCase("""{"alg":"ES256","iat":1,"b64":false}""")]
    [TestCase("""{"alg":"ES256","iat":1,"iat":2}""")]
    [TestCase("""[]""")]
    public void Header_that_breaks_a_rule_is_refused(string header) =>
        Assert.That(() => JadesHeader.IsRaw(Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))), Throws.InstanceOf<SignatureException>());

    [TestCase("""{"payload":"","protected":"","signature":"AA","signature":"AB"}""")]
    [TestCase("""{"payload":"","protected":"","header":{"etsiU":["AA",{}]},"signature":"AA"}""")]
    [TestCase("""{"payload":"","protected":"","header":{"kid":"1"},"signature":"AA"}""")]
    [TestCase("""{"payload":"","signatures":[]}""")]
    [TestCase("""{"payload":1,"protected":"","signature":"AA"}""")]
    [TestCase("""[1]""")]
    [TestCase("""{""")]
    public void Document_that_breaks_a_rule_is_refused(string document) =>
        Assert.That(() => JwsDocument.Parse(Encoding.UTF8.GetBytes(document)), Throws.InstanceOf<SignatureException>());

    private static Signer For(SignatureAlgorithm algorithm) => new(algorithm, algorithm.JwaName switch
    {
        "ES384" => ECCurve.NamedCurves.nistP384,
        "ES512" => ECCurve.NamedCurves.nistP521,
        _ => ECCurve.NamedCurves.nistP256,
    });

    private static async Task<byte[]> Complete(Signer signer, PendingSignature pending, JwsSerialization serialization, bool stamped)
    {
        byte[] value = signer.SignDigest(pending.Digest);
        ReadOnlyMemory<byte>? token = null;
        if (stamped)
            token = await signer.StampAsync(JadesSigner.TimestampInput(pending, value));
        return JadesSigner.Complete(pending, value, serialization, token);
    }

    private static string Header(string jws, JwsSerialization serialization) => serialization switch
    {
        JwsSerialization.Compact => jws.Split('.')[0],
        JwsSerialization.Flattened => (string)JsonNode.Parse(jws)!["protected"]!,
        _ => (string)JsonNode.Parse(jws)!["signatures"]![0]!["protected"]!,
    };
}
