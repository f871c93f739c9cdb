using System.Security.Cryptography;
using System.Text;
using System.Xml;
using Pechat.AdES;
using Pechat.AdES.Xades;
using Pechat.Pki;

namespace Pechat.Shared.Tests.AdES.Xades;

/// <summary>XAdES that we make, judged by xmlsec1; it knows no RSA-PSS, whose values OpenSSL judges.</summary>
[TestFixture]
internal sealed class XadesSigningTests
{
    private const string Document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!-- before --><?order 1?>\r\n<contract xmlns=\"urn:contract\" xmlns:x=\"urn:x\" number=\"7\">\r\n"
        + "  <party Id=\"landlord\" x:role=\"a &amp; b\">Мария</party>\r\n  <party Id=\"tenant\"><![CDATA[<Иван>]]></party><!-- inside -->\r\n</contract>";

    private static readonly SignatureClaims Claims = new() { SigningTime = Signer.Now, Commitment = Commitment.ProofOfApproval, Country = "BG", Locality = "София" };
    private readonly Signer _signer = new();

    private static IEnumerable<TestCaseData> Kinds() =>
        from algorithm in SignatureAlgorithm.All
        from packaging in new[] { "enveloped", "enveloping XML", "enveloping octets", "internally detached", "detached" }
        from level in new[] { "B", "T" }
        select new TestCaseData(algorithm, packaging, level == "T").SetArgDisplayNames(algorithm.JwaName, packaging, level);

    [OneTimeTearDown]
    public void Dispose() => _signer.Dispose();

    [TestCaseSource(nameof(Kinds)), Property("Clause", "EN 319 132-1 6.3")]
    public async Task Signature_is_valid_for_others_until_what_it_covers_changes(SignatureAlgorithm algorithm, string packaging, bool stamped)
    {
        using var signer = new Signer(algorithm);
        string file = Tool.Save(Encoding.UTF8.GetBytes("What stands in a file."), ".bin");
        PendingSignature pending = PendingSignature.FromTrusted(Prepare(signer, packaging, file).Encode());
        (byte[] xml, byte[] value) = await Complete(signer, pending, stamped);
        if (algorithm.Scheme == SignatureScheme.RsaPss)
        {
            JudgePss(signer, pending, value);
            return;
        }
        (bool valid, string output) = Judge(xml, signer, packaging);
        Assert.That(valid, output);

        string text = Encoding.UTF8.GetString(xml);
        foreach ((string what, string instead) in (ReadOnlySpan<(string, string)>)[("София", "Варна"), ("ProofOfApproval", "ProofOfCreation"), (Covered(packaging), "Z" + Covered(packaging)[1..])])
        {
            if (what.Length == 1)
                continue; // the content of a detached signature stands in the file, see below
            string changed = text.Replace(what, instead, StringComparison.Ordinal);
            Assert.That(changed, Is.Not.EqualTo(text), what);
            Assert.That(Judge(Encoding.UTF8.GetBytes(changed), signer, packaging).Valid, Is.False, what);
        }
        if (packaging == "detached")
        {
            await File.AppendAllTextAsync(file, ".");
            Assert.That(Judge(xml, signer, packaging).Valid, Is.False);
        }
    }

    [Test, Property("Clause", "EN 319 132-1 6.3")]
    public async Task Baseline_properties_are_there_and_old_ones_are_not()
    {
        XmlDocument document = SignedXmlReader.Read((await Complete(_signer, Prepare(_signer, "internally detached", ""), stamped: true)).Xml);
        Assert.Multiple(() =>
        {
            Assert.That(Count("SigningTime"), Is.EqualTo(1));
            Assert.That(Count("SigningCertificateV2"), Is.EqualTo(1));
            Assert.That(Count("SigningCertificate"), Is.Zero);
            Assert.That(Count("DataObjectFormat"), Is.EqualTo(2), "one for each element, none for SignedProperties");
            Assert.That(Count("SignatureTimeStamp"), Is.EqualTo(1));
            Assert.That(document.GetElementsByTagName("Cert", XmlIdentifiers.Etsi)[0]!.Attributes!, Is.Empty);
            Assert.That(Convert.FromBase64String(document.GetElementsByTagName("SignatureValue", XmlIdentifiers.Ds)[0]!.InnerText), Has.Length.EqualTo(64));
        });

        int Count(string name) => document.GetElementsByTagName(name, XmlIdentifiers.Etsi).Count;
    }

    [TestCase("P-384", 96)]
    [TestCase("P-521", 132)]
    public async Task Ecdsa_value_has_the_length_of_the_curve(string curve, int length)
    {
        using var signer = new Signer(SignatureAlgorithm.EcdsaSha512, ECCurve.CreateFromFriendlyName(curve == "P-384" ? "nistP384" : "nistP521"));
        (byte[] xml, _) = await Complete(signer, Prepare(signer, "enveloped", ""), stamped: false);
        (bool valid, string output) = Judge(xml, signer, "enveloped");
        Assert.That(valid, output);
        Assert.That(Convert.FromBase64String(SignedXmlReader.Read(xml).GetElementsByTagName("SignatureValue", XmlIdentifiers.Ds)[0]!.InnerText), Has.Length.EqualTo(length));
    }

    [Test]
    public async Task Line_ends_of_other_systems_make_no_difference_to_what_is_signed()
    {
        PendingSignature here = XadesSigner.PrepareEnveloped(Encoding.UTF8.GetBytes(Document), Claims, _signer.Certificate, [], _signer.Algorithm);
        PendingSignature there = XadesSigner.PrepareEnveloped(Encoding.UTF8.GetBytes(Document.ReplaceLineEndings("\n")), Claims, _signer.Certificate, [], _signer.Algorithm);
        Assert.That(Digest(await Complete(_signer, here, false)), Is.EqualTo(Digest(await Complete(_signer, there, false))));

        static string Digest((byte[] Xml, byte[]) signed) => SignedXmlReader.Read(signed.Xml).GetElementsByTagName("DigestValue", XmlIdentifiers.Ds)[0]!.InnerText;
    }

    [Test]
    public async Task What_must_not_be_signed_or_embedded_is_refused()
    {
        byte[] xml = Encoding.UTF8.GetBytes(Document);
        PendingSignature pending = Prepare(_signer, "enveloped", "");
        byte[] value = _signer.SignDigest(pending.Digest);
        byte[] token = await _signer.StampAsync(value); // over the value instead of the element
        using var other = new Signer();
        Assert.Multiple(() =>
        {
            Assert.That(() => XadesSigner.PrepareInternallyDetached(xml, ["nobody"], Claims, _signer.Certificate, [], _signer.Algorithm), Throws.InstanceOf<SignatureException>());
            Assert.That(() => XadesSigner.PrepareInternallyDetached("<a Id='r'/>"u8.ToArray(), ["r"], Claims, _signer.Certificate, [], _signer.Algorithm), Throws.InstanceOf<SignatureException>());
            Assert.That(() => XadesSigner.PrepareEnveloped("<a><b Id='r'/><c Id='r'/></a>"u8.ToArray(), Claims, _signer.Certificate, [], _signer.Algorithm), Throws.InstanceOf<SignatureException>());
            Assert.That(() => XadesSigner.Complete(pending, other.SignDigest(pending.Digest)), Throws.InstanceOf<CryptographicException>());
            Assert.That(() => XadesSigner.Complete(pending, value, token), Throws.InstanceOf<CryptographicException>());
        });
    }

    [Test]
    public void Second_phase_repeats_itself()
    {
        PendingSignature pending = Prepare(_signer, "enveloping XML", "");
        byte[] value = _signer.SignDigest(pending.Digest);
        Assert.That(XadesSigner.Complete(PendingSignature.FromTrusted(pending.Encode()), value), Is.EqualTo(XadesSigner.Complete(pending, value)));
    }

    private static PendingSignature Prepare(Signer signer, string packaging, string file)
    {
        byte[] xml = Encoding.UTF8.GetBytes(Document);
        return packaging switch
        {
            "enveloped" => XadesSigner.PrepareEnveloped(xml, Claims, signer.Certificate, [signer.Root], signer.Algorithm),
            "enveloping XML" => XadesSigner.PrepareEnvelopingXml(xml, Claims, signer.Certificate, [signer.Root], signer.Algorithm),
            "enveloping octets" => XadesSigner.PrepareEnveloping(xml, Claims, signer.Certificate, [signer.Root], signer.Algorithm),
            "internally detached" => XadesSigner.PrepareInternallyDetached(xml, ["tenant", "landlord"], Claims, signer.Certificate, [signer.Root], signer.Algorithm),
            _ => XadesSigner.PrepareDetached([XadesReference.ToFile(Path.GetFileName(file), signer.Algorithm.Digest.Hash(File.ReadAllBytes(file)), "text/plain")],
                Claims, signer.Certificate, [signer.Root], signer.Algorithm),
        };
    }

    /// <summary>A text that the signature covers; one letter when it stands elsewhere.</summary>
    private static string Covered(string packaging) => packaging switch
    {
        "enveloping octets" => Convert.ToBase64String(Encoding.UTF8.GetBytes(Document))[40..80],
        "detached" => "x",
        _ => "Иван",
    };

    private static async Task<(byte[] Xml, byte[] Value)> Complete(Signer signer, PendingSignature pending, bool stamped)
    {
        byte[] value = signer.SignDigest(pending.Digest);
        ReadOnlyMemory<byte>? token = null;
        if (stamped)
            token = await signer.StampAsync(XadesSigner.TimestampInput(pending, value));
        return (XadesSigner.Complete(pending, value, token), value);
    }

    private static (bool Valid, string Output) Judge(byte[] xml, Signer signer, string packaging) => XmlSec.Verify(xml, signer, packaging == "internally detached" ? "urn:contract:party" : "");

    private static void JudgePss(Signer signer, PendingSignature pending, byte[] value)
    {
        string key = Tool.Save(Encoding.ASCII.GetBytes(PemEncoding.WriteString("PUBLIC KEY", signer.Certificate.PublicKey.Encoded.Span)), ".pem");
        string digest = "-sha" + (signer.Algorithm.Digest.Length * 8).ToString(System.Globalization.CultureInfo.InvariantCulture);
        string[] arguments = ["dgst", digest, "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest", "-verify", key, "-signature", Tool.Save(value, ".sig")];
        (int code, string output) = Tool.Run("openssl", [.. arguments, Tool.Save(pending.ToBeSigned.ToArray(), ".tbs")]);
        Assert.That(code, Is.Zero, output);
        byte[] other = pending.ToBeSigned.ToArray();
        other[^9] ^= 1;
        Assert.That(Tool.Run("openssl", [.. arguments, Tool.Save(other, ".tbs")]).Code, Is.Not.Zero);
    }
}
