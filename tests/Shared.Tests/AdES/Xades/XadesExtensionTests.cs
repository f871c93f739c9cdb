using System.Security.Cryptography;
using System.Text;
using System.Xml;
using Pechat.AdES;
using Pechat.AdES.Xades;
using Pechat.Pki;

namespace Pechat.Shared.Tests.AdES.Xades;

/// <summary>XAdES at the levels T, LT and LTA, judged by xmlsec1.</summary>
[TestFixture]
internal sealed class XadesExtensionTests
{
    private static readonly SignatureClaims Claims = new() { SigningTime = Signer.Now };
    private static readonly byte[] Contract = Encoding.UTF8.GetBytes("<contract xmlns='urn:contract'><!-- c --><party Id='p'>Мария</party></contract>");
    private readonly Signer _signer = new();

    [OneTimeTearDown]
    public void Dispose() => _signer.Dispose();

    [TestCase("enveloped")]
    [TestCase("enveloping XML")]
    [TestCase("enveloping octets")]
    [TestCase("internally detached")]
    [TestCase("detached")]
    public async Task Signature_grows_to_LTA_twice_and_stays_valid_for_others(string packaging)
    {
        string file = Tool.Save(Contract, ".bin");
        byte[] b = Sign(packaging, Path.GetFileName(file));
        Func<string, Stream>? open = packaging == "detached" ? uri => File.OpenRead(Path.Combine(Path.GetDirectoryName(file)!, uri)) : null;
        Assert.That(() => XadesExtension.AddValidationData(b, 0, Data()), Throws.InstanceOf<SignatureException>(), "no time stamp yet");
        byte[] t = await XadesExtension.StampAsync(b, 0, _signer.StampAsync, DigestAlgorithm.Sha256, default);
        byte[] lt = XadesExtension.AddValidationData(t, 0, Data());
        byte[] lta = await XadesExtension.ArchiveAsync(lt, 0, open, _signer.StampAsync, DigestAlgorithm.Sha256, default);
        byte[] renewed = await XadesExtension.ArchiveAsync(XadesExtension.AddValidationData(lta, 0, Data()), 0, open, _signer.StampAsync, DigestAlgorithm.Sha512, default);
        foreach (byte[] each in (byte[][])[t, lt, lta, renewed])
        {
            (bool valid, string output) = XmlSec.Verify(each, _signer, packaging == "internally detached" ? "urn:contract:party" : "");
            Assert.That(valid, output);
        }
        XmlElement signature = SignedXmlReader.Read(renewed).GetElementsByTagName("Signature", XmlIdentifiers.Ds).OfType<XmlElement>().Single();
        Assert.That(UnsignedProperties.Of(signature).All.Select(each => each.Name), Is.EqualTo(new[]
        {
            "xades:SignatureTimeStamp", "xades:CertificateValues", "xades:RevocationValues", "xades141:ArchiveTimeStamp", "xades141:TimeStampValidationData", "xades141:ArchiveTimeStamp",
        }));
    }

    [Test]
    public async Task Archive_time_stamp_covers_the_content_and_the_unsigned_properties_before_it()
    {
        byte[] t = await XadesExtension.StampAsync(Sign("enveloped", ""), 0, _signer.StampAsync, DigestAlgorithm.Sha256, default);
        byte[] imprint = await Imprint(t);
        string text = Encoding.UTF8.GetString(t);
        foreach ((string what, string instead) in (ReadOnlySpan<(string, string)>)[("Мария", "Петър"), ("<xades:SignatureTimeStamp>", "<xades:SignatureTimeStamp> "), ("<ds:KeyInfo>", "<ds:KeyInfo> ")])
        {
            string changed = text.Replace(what, instead, StringComparison.Ordinal);
            Assert.That(changed, Is.Not.EqualTo(text));
            Assert.That(Imprint(Encoding.UTF8.GetBytes(changed)).GetAwaiter().GetResult(), Is.Not.EqualTo(imprint), what);
        }
        string commented = text.Replace("<!-- c -->", "<!-- other -->", StringComparison.Ordinal);
        Assert.That(await Imprint(Encoding.UTF8.GetBytes(commented)), Is.EqualTo(imprint), "comments are not covered");
    }

    [TestCase("http://www.w3.org/TR/1999/REC-xslt-19991116")]
    [TestCase("http://www.w3.org/TR/1999/REC-xpath-19991116")]
    public async Task Transform_that_may_deceive_is_refused(string transform)
    {
        byte[] t = await XadesExtension.StampAsync(Sign("enveloped", ""), 0, _signer.StampAsync, DigestAlgorithm.Sha256, default);
        string text = Encoding.UTF8.GetString(t).Replace("http://www.w3.org/2000/09/xmldsig#enveloped-signature", transform, StringComparison.Ordinal);
        Assert.That(() => XadesExtension.ArchiveAsync(Encoding.UTF8.GetBytes(text), 0, null, _signer.StampAsync, DigestAlgorithm.Sha256, default), Throws.InstanceOf<SignatureException>());
    }

    [Test]
    public void Missing_file_position_or_properties_are_refused()
    {
        byte[] detached = Sign("detached", "nowhere.bin");
        Assert.Multiple(() =>
        {
            Assert.That(() => XadesExtension.ArchiveAsync(detached, 0, null, _signer.StampAsync, DigestAlgorithm.Sha256, default), Throws.InstanceOf<SignatureException>());
            Assert.That(() => XadesExtension.StampAsync(detached, 1, _signer.StampAsync, DigestAlgorithm.Sha256, default), Throws.InstanceOf<SignatureException>());
            Assert.That(() => XadesExtension.StampAsync(Contract, 0, _signer.StampAsync, DigestAlgorithm.Sha256, default), Throws.InstanceOf<SignatureException>());
            Assert.That(() => XadesExtension.StampAsync(detached, 0, async (_, _) => await _signer.StampAsync([3]), DigestAlgorithm.Sha256, default), Throws.InstanceOf<CryptographicException>());
        });
    }

    private byte[] Sign(string packaging, string file)
    {
        PendingSignature pending = packaging switch
        {
            "enveloped" => XadesSigner.PrepareEnveloped(Contract, Claims, _signer.Certificate, [_signer.Root], _signer.Algorithm),
            "enveloping XML" => XadesSigner.PrepareEnvelopingXml(Contract, Claims, _signer.Certificate, [_signer.Root], _signer.Algorithm),
            "enveloping octets" => XadesSigner.PrepareEnveloping(Contract, Claims, _signer.Certificate, [_signer.Root], _signer.Algorithm),
            "internally detached" => XadesSigner.PrepareInternallyDetached(Contract, ["p"], Claims, _signer.Certificate, [_signer.Root], _signer.Algorithm),
            _ => XadesSigner.PrepareDetached([XadesReference.ToFile(file, SHA256.HashData(Contract), "text/xml")], Claims, _signer.Certificate, [_signer.Root], _signer.Algorithm),
        };
        return XadesSigner.Complete(pending, _signer.SignDigest(pending.Digest));
    }

    private static Task<byte[]> Imprint(byte[] xml)
    {
        XmlElement signature = (XmlElement)SignedXmlReader.Read(xml).GetElementsByTagName("Signature", XmlIdentifiers.Ds)[0]!;
        return XadesExtension.ImprintAsync(signature, UnsignedProperties.Of(signature), null, DigestAlgorithm.Sha256, default);
    }

    private ValidationData Data() => new([_signer.Root.Encoded, _signer.StampCertificate.Encoded], [new byte[] { 5, 0 }], [new byte[] { 5, 0 }]);
}
