using System.Security.Cryptography;
using System.Text;
using Pechat.AdES;
using Pechat.AdES.Cades;
using Pechat.Pki;

namespace Pechat.Shared.Tests.AdES.Cades;

/// <summary>Extension to T, LT and LTA, of our own signatures and of OpenSSL's.</summary>
[TestFixture]
internal sealed class CadesExtensionTests
{
    private static readonly byte[] Content = Encoding.UTF8.GetBytes("hello");
    private readonly Signer _signer = new();

    [OneTimeTearDown]
    public void Dispose() => _signer.Dispose();

    [Test, Property("Clause", "EN 319 122-1 5.5.3")]
    public void Known_index_and_imprint_are_reproduced()
    {
        // ades.md KAT-2
        var signer = new CmsSigner
        {
            Version = Hex("020101"),
            SignerId = Hex("3013300D310B300906035504030C02434102021234"),
            DigestAlgorithm = Hex("300B0609608648016503040201"),
            SignedAttributes = Hex("A04B301806092A864886F70D010903310B06092A864886F70D010701302F06092A864886F70D010904312204202CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824"),
            SignatureAlgorithm = Hex("300A06082A8648CE3D040302"),
            Signature = Hex("04083006020101020101"),
        };
        byte[] index = ArchiveTimestamp.HashIndex([Hex("3003020101")], [], [ArchiveTimestamp.AttributeValue(Oids.SignatureTimestamp, Hex("3003020107"))], DigestAlgorithm.Sha256);
        Assert.That(Convert.ToHexString(index), Is.EqualTo(
            "3057300B0609608648016503040201302204201B65F68A522C858715F5DD951CD0402DC16691778814BF0759822B7A257421D03000302204204A887E4579F988415EBDE55B0BC547409A866DF93196963D8625F3FCF88B470F"));
        byte[] input = ArchiveTimestamp.Input(Oids.Data, SHA256.HashData(Content), signer, index);
        Assert.That(input, Has.Length.EqualTo(268));
        Assert.That(Convert.ToHexString(SHA256.HashData(input)), Is.EqualTo("92791C27593B1FB3C472A26D4872CC385E9FD0523DCC0950B64200A6F316C093"));
    }

    [TestCase(true, "P-256", "")]
    [TestCase(false, "P-256", "")]
    [TestCase(true, "RSA", "rsa_padding_mode:pss")]
    [TestCase(false, "RSA", "rsa_padding_mode:pkcs1")]
    public async Task Signature_by_openssl_grows_to_LTA_twice_and_stays_what_it_was(bool enveloping, string key, string option)
    {
        byte[] foreign = ByOpenSsl(enveloping, key, option, out string anchor);
        byte[]? beside = enveloping ? null : Content;
        ReadOnlyMemory<byte>? digest = enveloping ? null : (ReadOnlyMemory<byte>?)SHA256.HashData(Content);
        CmsSigner original = CmsMessage.Parse(foreign).Signers[0];

        byte[] t = await CadesExtension.StampAsync(foreign, 0, _signer.StampAsync, DigestAlgorithm.Sha256, default);
        byte[] lt = CadesExtension.AddValidationData(t, Evidence());
        byte[] lta = await CadesExtension.ArchiveAsync(lt, 0, digest, _signer.StampAsync, DigestAlgorithm.Sha256, default);
        byte[] renewed = await CadesExtension.ArchiveAsync(lta, 0, digest, _signer.StampAsync, DigestAlgorithm.Sha256, default);
        foreach (byte[] each in (byte[][])[t, lt, lta, renewed])
        {
            (int code, string output) = VerifyAnchored(each, beside, anchor);
            Assert.That(code, Is.Zero, output);
            CmsSigner now = CmsMessage.Parse(each).Signers[0];
            Assert.That((now with { UnsignedAttributes = [] }).Encode(), Is.EqualTo((original with { UnsignedAttributes = [] }).Encode()));
        }
        CmsMessage message = CmsMessage.Parse(renewed);
        Assert.That(message.Version, Is.EqualTo(5), "an OCSP response is inside");
        Assert.That(message.Revocation.Select(each => each.Span[0]), Is.EquivalentTo(new byte[] { 0x30, 0xA1 }));
        Assert.That(VerifyAnchored(CadesSigningTests.Flipped(renewed, renewed.AsSpan().LastIndexOf(original.SignatureValue) + 9), beside, anchor).Code, Is.Not.Zero);

        // the second archive time stamp names the first one's value in its index
        ReadOnlyMemory<byte>[] archives = [.. message.Signers[0].Unsigned.Where(each => each.Oid == CadesOids.ArchiveTimestampV3).Select(each => each.Values.Single())];
        ReadOnlyMemory<byte> first = CmsMessage.Parse(lta).Signers[0].Unsigned.Single(each => each.Oid == CadesOids.ArchiveTimestampV3).Values[0];
        ReadOnlyMemory<byte> second = archives.Single(each => !each.Span.SequenceEqual(first.Span));
        CmsAttribute index = CmsMessage.Parse(second).Signers[0].Unsigned.Single(each => each.Oid == CadesOids.HashIndexV3);
        Assert.That(index.Values.Single().Span.IndexOf(SHA256.HashData(ArchiveTimestamp.AttributeValue(CadesOids.ArchiveTimestampV3, first).Span)), Is.Positive);
        Assert.That(TimestampToken.Parse(second).Verify(_signer.StampCertificate), "the token with its index still verifies");
    }

    [Test]
    public async Task Level_LT_without_a_time_stamp_and_archive_without_a_content_hash_are_refused()
    {
        byte[] b = await CadesSigningTests.Sign(_signer, Content, enveloping: false, stamped: false);
        Assert.That(() => CadesExtension.AddValidationData(b, Evidence()), Throws.InstanceOf<SignatureException>());
        Assert.That(() => CadesExtension.ArchiveAsync(b, 0, null, _signer.StampAsync, DigestAlgorithm.Sha256, default), Throws.InstanceOf<SignatureException>());
    }

    [Test]
    public async Task Token_over_another_imprint_is_refused()
    {
        byte[] b = await CadesSigningTests.Sign(_signer, Content, enveloping: false, stamped: false);
        Assert.That(() => CadesExtension.StampAsync(b, 0, async (_, _) => await _signer.StampAsync([7]), DigestAlgorithm.Sha256, default), Throws.InstanceOf<CryptographicException>());
    }

    [Test]
    public void Octets_that_are_no_signature_are_refused()
    {
        byte[] valid = CadesSigningTests.Sign(_signer, Content, enveloping: true, stamped: true).GetAwaiter().GetResult();
        var random = new Random(5);
        for (int i = 0; i < 3000; i++)
        {
            byte[] broken = [.. valid];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
                broken[random.Next(broken.Length)] = (byte)random.Next(256);
            try
            {
                CadesExtension.AddValidationData(broken.AsMemory(0, random.Next(broken.Length + 1)), Evidence());
            }
            catch (SignatureException)
            {
                // the only exception documented
            }
        }
    }

    /// <summary>Validation data whose meaning is the caller's: a CRL and an OCSP response as octets.</summary>
    private ValidationData Evidence() => new([_signer.Root.Encoded, _signer.StampCertificate.Encoded], [Hex("30030A0103")], [Hex("3003020105")]);

    private static (int Code, string Output) VerifyAnchored(byte[] cms, byte[]? content, string anchor)
    {
        // The stand-in CRL would stop OpenSSL's decoder, so it is left out of what OpenSSL sees: it is not signed.
        CmsMessage shown = CmsMessage.Parse(cms) with { Revocation = [] };
        string message = Tool.Save(shown.Encode(), ".p7s");
        string[] detached = content is null ? [] : ["-content", Tool.Save(content, ".bin")];
        return Tool.Run("openssl", ["cms", "-verify", "-binary", "-inform", "DER", "-in", message, .. detached, "-CAfile", anchor, "-purpose", "any", "-out", message + ".out"]);
    }

    private static byte[] ByOpenSsl(bool enveloping, string key, string option, out string anchor)
    {
        string path = Tool.Save(Content, ".bin");
        anchor = path + ".crt";
        string[] algorithm = key == "RSA" ? ["-newkey", "rsa:2048"] : ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
        (int code, string output) = Tool.Run("openssl", ["req", "-x509", .. algorithm, "-nodes", "-keyout", path + ".key", "-out", anchor, "-subj", "/CN=Foreign", "-days", "3"]);
        Assert.That(code, Is.Zero, output);
        string[] padding = option.Length == 0 ? [] : ["-keyopt", option];
        string[] attached = enveloping ? ["-nodetach"] : [];
        (code, output) = Tool.Run("openssl", ["cms", "-sign", "-binary", .. attached, "-in", path, "-signer", anchor, "-inkey", path + ".key", .. padding, "-md", "sha256",
            "-cades", "-outform", "DER", "-out", path + ".p7s"]);
        Assert.That(code, Is.Zero, output);
        return File.ReadAllBytes(path + ".p7s");
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text);
}
