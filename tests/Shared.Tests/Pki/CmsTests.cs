using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Pki;

internal sealed class CmsTests
{
    private static readonly byte[] Content = Encoding.UTF8.GetBytes("what is signed");

    [Test, Property("Clause", "RFC 5652 §5.4")]
    public void Signed_attributes_are_the_published_bytes()
    {
        // KAT: everything hashed is the empty string; computed with openssl asn1parse.
        byte[] known = Convert.FromHexString(
            "3181A2301806092A864886F70D010903310B06092A864886F70D010701301C06092A864886F70D010905310F170D3236303130323033303430355A302F06092A864886F70D01090431220420E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"
            + "3037060B2A864886F70D010910022F31283026302430220420E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855");
        SignedAttributes read = SignedAttributes.Parse(known);
        string digest = Convert.ToHexString(read.Digest(DigestAlgorithm.Sha256));
        using var authority = new Authority();
        Certificate certificate = authority.Person().Certificate;
        byte[] written = SignedAttributes.Create(Oids.Data, SHA256.HashData([]), certificate, Authority.Now).ToBeSigned.ToArray();
        // The certificate's hash is the one part that differs.
        written.AsSpan(written.AsSpan().IndexOf(SHA256.HashData(certificate.Encoded.Span)), 32).Clear();
        known.AsSpan(known.Length - 32).Clear();
        Assert.Multiple(() =>
        {
            Assert.That(digest, Is.EqualTo("005E21ACD9684C42CEAFA25E58F6EE6E443C36EFEDF4E73C7A59A3AB91A608CD"));
            Assert.That(read.SigningTime, Is.EqualTo(Authority.Now));
            Assert.That(read.ContentType, Is.EqualTo(Oids.Data));
            Assert.That(Convert.ToHexString(written), Is.EqualTo(Convert.ToHexString(known)));
        });
    }

    [TestCase("P-256"), TestCase("RSA"), Property("Clause", "RFC 5652 §5")]
    public async Task Openssl_verifies_our_detached_signature(string kind)
    {
        using var authority = new Authority();
        (MemorySigner key, Certificate certificate) = authority.Person(kind == "RSA" ? RSA.Create(2048) : null);
        byte[] der = (await SignAsync(key, certificate, detached: true, certificate, authority.Issuer)).Encode();
        using var openssl = new OpenSsl();
        openssl.Write("content.bin", Content);
        openssl.Write("signature.der", der);
        openssl.WritePem("root.pem", "CERTIFICATE", authority.Root.Encoded);
        string[] command = ["cms", "-verify", "-binary", "-inform", "DER", "-in", "signature.der", "-content", "content.bin", "-CAfile", "root.pem", "-purpose", "any", "-attime", "1767400000", "-out", "out.bin"];
        Assert.That(openssl.Succeed(command), Does.Contain("successful").IgnoreCase);
        openssl.Write("content.bin", [.. Content, 0]);
        Assert.That(openssl.Run(command).ExitCode, Is.Not.Zero);
    }

    [Test, Property("Clause", "EN 319 122-1 §6.3")]
    public async Task What_was_written_is_read_and_verifies()
    {
        using var authority = new Authority();
        (MemorySigner key, Certificate certificate) = authority.Person();
        SignedData read = SignedData.Parse((await SignAsync(key, certificate, detached: false, certificate, authority.Issuer)).Encode());
        SignerInfo signer = read.Signers[0];
        Assert.Multiple(() =>
        {
            Assert.That(read.Content!.Value.ToArray(), Is.EqualTo(Content));
            Assert.That(read.FindCertificate(signer)!.Serial, Is.EqualTo(certificate.Serial));
            Assert.That(signer.Identifies(certificate), Is.True);
            Assert.That(signer.Identifies(authority.Issuer), Is.False);
            Assert.That(signer.Verify(certificate), Is.True);
            Assert.That(signer.Algorithm, Is.SameAs(SignatureAlgorithm.EcdsaSha256));
            Assert.That(signer.SignedAttributes.SigningCertificate!.Matches(certificate), Is.True);
            Assert.That(signer.SignedAttributes.SigningCertificate!.Matches(authority.Issuer), Is.False);
        });
    }

    [Test, Property("Clause", "EN 319 122-1 §5.3")]
    public async Task Unsigned_attribute_leaves_every_other_octet_alone()
    {
        using var authority = new Authority();
        (MemorySigner key, Certificate certificate) = authority.Person();
        SignedData before = await SignAsync(key, certificate, detached: true, certificate, authority.Issuer);
        SignedData read = SignedData.Parse(before.Encode());
        SignedData after = SignedData.Parse(read.WithSigner(0, read.Signers[0].WithUnsigned(new CmsAttribute(Oids.SignatureTimestamp, (byte[])[0x30, 0x00]))).Encode());
        Assert.Multiple(() =>
        {
            Assert.That(read.Encode(), Is.EqualTo(before.Encode()));
            Assert.That(after.Signers[0].UnsignedAttributes.Single().Oid, Is.EqualTo(Oids.SignatureTimestamp));
            Assert.That(after.Signers[0].Verify(certificate), Is.True);
            Assert.That(after.Certificates.Select(each => Convert.ToHexString(each.Span)), Is.EqualTo(before.Certificates.Select(each => Convert.ToHexString(each.Span))));
            Assert.That(after.WithSigner(0, read.Signers[0]).Encode(), Is.EqualTo(before.Encode()));
        });
    }

    [Test]
    public void Signature_of_openssl_is_read_and_verifies()
    {
        using var openssl = new OpenSsl();
        openssl.Write("content.bin", Content);
        openssl.Succeed("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "certificate.pem", "-subj", "/CN=somebody", "-addext", "subjectKeyIdentifier=hash");
        openssl.Succeed("cms", "-sign", "-cades", "-binary", "-in", "content.bin", "-signer", "certificate.pem", "-inkey", "key.pem", "-outform", "DER", "-out", "signature.der");
        SignedData data = SignedData.Parse(openssl.Read("signature.der"));
        Certificate certificate = data.FindCertificate(data.Signers[0])!;
        Assert.That(data.Signers[0].Verify(certificate), Is.True);
        Assert.That(data.Signers[0].SignedAttributes.MessageDigest.ToArray(), Is.EqualTo(SHA256.HashData(Content)));
        Assert.That(data.Signers[0].SignedAttributes.SigningCertificate, Is.Not.Null);
        Assert.That(data.Encode(), Is.EqualTo(openssl.Read("signature.der")));
    }

    [Test, Property("Clause", "RFC 5652 §5.3")]
    public void Attribute_that_occurs_twice_is_refused()
    {
        const string ContentType = "301806092A864886F70D010903310B06092A864886F70D010701";
        Assert.That(() => SignedAttributes.Parse(Convert.FromHexString("3134" + ContentType + ContentType)), Throws.TypeOf<AsnContentException>());
    }

    private static async Task<SignedData> SignAsync(MemorySigner key, Certificate certificate, bool detached, params Certificate[] include)
    {
        SignedAttributes attributes = SignedAttributes.Create(Oids.Data, SHA256.HashData(Content), certificate, Authority.Now);
        byte[] signature = await key.SignAsync(attributes.ToBeSigned, CancellationToken.None);
        return SignedData.Create(Oids.Data, detached ? null : Content, SignerInfo.Create(certificate, key.Algorithm, attributes, signature), include);
    }
}
