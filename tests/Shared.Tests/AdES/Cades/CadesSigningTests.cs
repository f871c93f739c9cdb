using System.Security.Cryptography;
using System.Text;
using Pechat.AdES;
using Pechat.AdES.Cades;
using Pechat.Pki;

namespace Pechat.Shared.Tests.AdES.Cades;

/// <summary>CAdES that we make, judged by OpenSSL.</summary>
[TestFixture]
internal sealed class CadesSigningTests
{
    private static readonly byte[] Content = Encoding.UTF8.GetBytes("Договор за наем, подписан от двете страни.\n");
    private static readonly SignatureClaims Claims = new()
    {
        SigningTime = Signer.Now, MimeType = "text/plain", Commitment = Commitment.ProofOfApproval, Country = "BG", Locality = "София",
    };

    private readonly Signer _signer = new();

    private static IEnumerable<TestCaseData> Kinds() =>
        from algorithm in SignatureAlgorithm.All
        from packaging in new[] { "detached", "enveloping" }
        from level in new[] { "B", "T" }
        select new TestCaseData(algorithm, packaging == "enveloping", level == "T").SetArgDisplayNames(algorithm.JwaName, packaging, level);

    [OneTimeTearDown]
    public void Dispose() => _signer.Dispose();

    [TestCaseSource(nameof(Kinds)), Property("Clause", "EN 319 122-1 6.3")]
    public async Task Signature_is_valid_for_openssl_until_a_byte_of_the_content_or_of_the_attributes_flips(SignatureAlgorithm algorithm, bool enveloping, bool stamped)
    {
        using var signer = new Signer(algorithm);
        byte[] cms = await Sign(signer, Content, enveloping, stamped);
        (int code, string output, byte[] extracted) = CmsTool.Verify(cms, enveloping ? null : Content, signer.Root);
        Assert.That(code, Is.Zero, output);
        Assert.That(extracted, Is.EqualTo(Content));

        byte[] otherContent = Flipped(Content, 3);
        (byte[] tampered, byte[]? beside) = enveloping ? (Flipped(cms, cms.AsSpan().IndexOf(Content) + 3), null) : (cms, otherContent);
        Assert.That(CmsTool.Verify(tampered, beside, signer.Root).Code, Is.Not.Zero, "the content was changed");
        int place = cms.AsSpan().LastIndexOf(Encoding.UTF8.GetBytes("София"));
        Assert.That(CmsTool.Verify(Flipped(cms, place), enveloping ? null : Content, signer.Root).Code, Is.Not.Zero, "a signed attribute was changed");
    }

    [Test, Property("Clause", "EN 319 122-1 6.3")]
    public async Task Baseline_attributes_occur_once_with_one_value()
    {
        SignerInfo info = SignedData.Parse(await Sign(_signer, Content, enveloping: false, stamped: true)).Signers.Single();
        string[] expected = [Oids.ContentType, Oids.MessageDigest, Oids.SigningTime, Oids.SigningCertificateV2];
        Assert.Multiple(() =>
        {
            Assert.That(info.SignedAttributes.Attributes.Select(each => each.Oid), Is.SupersetOf(expected).And.Unique);
            Assert.That(info.SignedAttributes.Attributes.Select(each => each.Values.Count), Is.All.EqualTo(1));
            Assert.That(info.SignedAttributes.SigningTime, Is.EqualTo(Signer.Now));
            Assert.That(info.UnsignedAttributes.Single().Oid, Is.EqualTo(Oids.SignatureTimestamp));
        });
    }

    [Test, Property("Clause", "RFC 5035 4")]
    public void Certificate_hash_names_its_algorithm_unless_it_is_the_default()
    {
        byte[] usual = CadesAttributes.SigningCertificate(DigestAlgorithm.Sha256, SHA256.HashData([]));
        byte[] longer = CadesAttributes.SigningCertificate(DigestAlgorithm.Sha512, SHA512.HashData([]));
        // ades.md 2.4
        Assert.That(Convert.ToHexString(usual), Is.EqualTo("3026302430220420E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"));
        Assert.That(Convert.ToHexString(longer), Does.StartWith("30533051304F300B06096086480165030402030440CF83E135"));
    }

    [Test]
    public void Known_attributes_have_the_known_octets_and_hash()
    {
        // ades.md KAT-1, added in another order than DER sorts them
        byte[] set = CadesAttributes.Set(
        [
            new(Oids.SigningCertificateV2, CadesAttributes.SigningCertificate(DigestAlgorithm.Sha256, SHA256.HashData([]))),
            new(Oids.MessageDigest, CadesAttributes.Der(writer => writer.WriteOctetString(SHA256.HashData([])))),
            new(Oids.SigningTime, CadesAttributes.SigningTime(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero))),
            new(Oids.ContentType, CadesAttributes.Der(writer => writer.WriteObjectIdentifier(Oids.Data))),
        ]);
        Assert.That(Convert.ToHexString(SHA256.HashData(set)), Is.EqualTo("005E21ACD9684C42CEAFA25E58F6EE6E443C36EFEDF4E73C7A59A3AB91A608CD"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Signers_beside_each_other_are_all_valid(bool enveloping)
    {
        using var second = new Signer(SignatureAlgorithm.RsaPssSha512);
        using var third = new Signer(SignatureAlgorithm.RsaSha256);
        byte[] cms = await Sign(_signer, Content, enveloping, stamped: true);
        SignerInfo before = SignedData.Parse(cms).Signers[0];
        foreach (Signer next in (Signer[])[second, third])
        {
            PendingSignature pending = CadesSigner.PrepareParallel(cms, next.Algorithm.Digest.Hash(Content), Claims, next.Certificate, [next.Root], next.Algorithm);
            cms = CadesSigner.Complete(pending, next.SignDigest(pending.Digest));
        }
        (int code, string output, _) = CmsTool.Verify(cms, enveloping ? null : Content, _signer.Root, second.Root, third.Root);
        Assert.That(code, Is.Zero, output);
        SignedData all = SignedData.Parse(cms);
        Assert.That(all.Signers, Has.Count.EqualTo(3));
        SignerInfo first = all.Signers.Single(each => each.Identifies(_signer.Certificate));
        Assert.That(first.SignedAttributes.ToBeSigned.ToArray(), Is.EqualTo(before.SignedAttributes.ToBeSigned.ToArray()));
        Assert.That(first.Signature.ToArray(), Is.EqualTo(before.Signature.ToArray()));
    }

    [Test]
    public async Task Signer_of_another_content_is_refused()
    {
        byte[] cms = await Sign(_signer, Content, enveloping: true, stamped: false);
        Assert.That(() => CadesSigner.PrepareParallel(cms, SHA256.HashData([1]), Claims, _signer.Certificate, [], _signer.Algorithm), Throws.InstanceOf<SignatureException>());
    }

    [Test, Property("Clause", "EN 319 122-1 5.2.7")]
    public async Task Counter_signature_covers_the_signature_and_leaves_it_valid()
    {
        using var notary = new Signer(SignatureAlgorithm.RsaSha384);
        byte[] cms = await Sign(_signer, Content, enveloping: false, stamped: true);
        PendingSignature pending = CadesSigner.PrepareCounter(cms, 0, Claims, notary.Certificate, [notary.Root], notary.Algorithm);
        pending = PendingSignature.FromTrusted(pending.Encode());
        byte[] countersigned = CadesSigner.Complete(pending, notary.SignDigest(pending.Digest));
        (int code, string output, _) = CmsTool.Verify(countersigned, Content, _signer.Root);
        Assert.That(code, Is.Zero, output);

        SignerInfo parent = SignedData.Parse(countersigned).Signers.Single();
        CmsAttribute attribute = parent.UnsignedAttributes.Single(each => each.Oid == "1.2.840.113549.1.9.6");
        var counter = CmsSigner.Parse(attribute.Values.Single());
        byte[] signed = counter.SignedAttributes.ToArray();
        signed[0] = 0x31;
        Assert.That(notary.Certificate.PublicKey.Verify(notary.Algorithm, signed, counter.SignatureValue), "the counter-signature verifies");
        Assert.That(signed.AsSpan().IndexOf(SHA384.HashData(parent.Signature.Span)), Is.Positive, "its message-digest is the hash of the parent's value");
        Assert.That(signed.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x03]), Is.Negative, "it has no content-type");
    }

    [Test]
    public async Task Value_by_another_key_and_stamp_over_another_value_are_never_embedded()
    {
        using var other = new Signer();
        PendingSignature pending = Prepare(_signer, Content);
        byte[] value = _signer.SignDigest(pending.Digest);
        byte[] foreign = await _signer.StampAsync([1, 2, 3]);
        byte[] late = await _signer.StampAsync(value, _signer.Certificate.NotAfter.AddSeconds(1));
        Assert.Multiple(() =>
        {
            Assert.That(() => CadesSigner.Complete(pending, other.SignDigest(pending.Digest)), Throws.InstanceOf<CryptographicException>());
            Assert.That(() => CadesSigner.Complete(pending, value, foreign), Throws.InstanceOf<CryptographicException>());
            Assert.That(() => CadesSigner.Complete(pending, value, late), Throws.InstanceOf<CryptographicException>());
        });
    }

    [Test]
    public void Second_phase_works_from_storage_and_repeats_itself()
    {
        PendingSignature pending = Prepare(_signer, Content);
        var stored = PendingSignature.FromTrusted(pending.Encode());
        byte[] value = _signer.SignDigest(stored.Digest);
        Assert.That(CadesSigner.Complete(stored, value), Is.EqualTo(CadesSigner.Complete(pending, value)));
    }

    [Test]
    public async Task Content_kept_in_memory_and_content_that_streams_give_the_same_octets()
    {
        PendingSignature streaming = Prepare(_signer, Content);
        PendingSignature kept = CadesSigner.PrepareEnveloping(Content, Claims, _signer.Certificate, [_signer.Root], _signer.Algorithm);
        byte[] value = _signer.SignDigest(kept.Digest);
        using var output = new MemoryStream();
        await CadesSigner.CompleteEnvelopingAsync(streaming, value, null, new MemoryStream(Content), Content.Length, output, default);
        Assert.That(CadesSigner.Complete(PendingSignature.FromTrusted(kept.Encode()), value), Is.EqualTo(output.ToArray()));
    }

    [Test]
    public void Enveloping_refuses_another_content_than_the_one_signed()
    {
        PendingSignature pending = Prepare(_signer, Content);
        byte[] value = _signer.SignDigest(pending.Digest);
        using var other = new MemoryStream(Flipped(Content, 0));
        Assert.That(() => CadesSigner.CompleteEnvelopingAsync(pending, value, null, other, Content.Length, Stream.Null, default), Throws.InstanceOf<SignatureException>());
    }

    [Test]
    public async Task File_of_one_gibibyte_is_signed_in_bounded_memory()
    {
        const long length = 1L << 30;
        using var source = new EndlessStream(length);
        GC.Collect();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        byte[] digest = await ContentHash.OfAsync(source, DigestAlgorithm.Sha256, default);
        PendingSignature pending = CadesSigner.Prepare(digest, Claims, _signer.Certificate, [_signer.Root], _signer.Algorithm);
        source.Position = 0;
        var sink = new CountingStream();
        await CadesSigner.CompleteEnvelopingAsync(pending, _signer.SignDigest(pending.Digest), null, source, length, sink, default);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.That(sink.Written, Is.GreaterThan(length).And.LessThan(length + 8192));
        Assert.That(allocated, Is.LessThan(200L << 20), "all allocations together are a bound of what is in memory");
    }

    internal static async Task<byte[]> Sign(Signer signer, byte[] content, bool enveloping, bool stamped)
    {
        PendingSignature pending = Prepare(signer, content);
        byte[] value = signer.SignDigest(pending.Digest);
        ReadOnlyMemory<byte>? token = null;
        if (stamped)
            token = await signer.StampAsync(value);
        if (!enveloping)
            return CadesSigner.Complete(pending, value, token);
        using var output = new MemoryStream();
        using var input = new MemoryStream(content);
        await CadesSigner.CompleteEnvelopingAsync(pending, value, token, input, content.Length, output, default);
        return output.ToArray();
    }

    internal static byte[] Flipped(byte[] data, int at)
    {
        byte[] copy = [.. data];
        copy[at] ^= 1;
        return copy;
    }

    private static PendingSignature Prepare(Signer signer, byte[] content) =>
        CadesSigner.Prepare(signer.Algorithm.Digest.Hash(content), Claims, signer.Certificate, [signer.Root], signer.Algorithm);
}
