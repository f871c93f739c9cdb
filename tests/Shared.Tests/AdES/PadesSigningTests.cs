using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pechat.AdES.Pades;
using Pechat.Pki;

namespace Pechat.Shared.Tests.AdES;

/// <summary>Signatures we make, judged by poppler, qpdf and OpenSSL.</summary>
[TestFixture]
internal sealed class PadesSigningTests
{
    private readonly Signer _signer = new();

    [OneTimeTearDown]
    public void Dispose() => _signer.Dispose();

    [TestCaseSource(typeof(Samples), nameof(Samples.Names))]
    public void Signed_file_is_valid_and_covered_whole_for_others(string sample)
    {
        byte[] original = Samples.Read(sample);
        byte[] signed = _signer.Sign(original);
        Assert.That(signed.AsSpan(0, original.Length).SequenceEqual(original), "the original is a prefix");
        JudgeByOthers(signed, Samples.Signed.Contains(sample) ? 2 : 1);
    }

    [TestCase("classic.pdf", true)]
    [TestCase("hybrid.pdf", true)]
    [TestCase("chromium.pdf", true)]
    [TestCase("streams.pdf", false)]
    [TestCase("linearized-streams.pdf", false)]
    [TestCase("signed-streams.pdf", false)]
    public void Update_has_the_form_of_the_newest_section(string sample, bool isTable)
    {
        byte[] original = Samples.Read(sample);
        string update = Encoding.Latin1.GetString(_signer.Sign(original).AsSpan(original.Length));
        Assert.That(update.Contains("\nxref\n", StringComparison.Ordinal), Is.EqualTo(isTable));
        Assert.That(update.Contains("/Type /XRef", StringComparison.Ordinal), Is.Not.EqualTo(isTable));
    }

    [Test]
    public void Every_algorithm_is_accepted_by_openssl()
    {
        foreach (SignatureAlgorithm algorithm in SignatureAlgorithm.All)
        {
            using var signer = new Signer(algorithm);
            byte[] signed = signer.Sign(Samples.Read("classic.pdf"));
            VerifyWithOpenSsl(signed, signer.Root);
        }
    }

    [Test]
    public async Task Time_stamp_becomes_part_of_the_signature()
    {
        PreparedSignature prepared = _signer.Prepare(Samples.Read("streams.pdf"), new PadesOptions { SigningTime = Signer.Now, TimestampReserve = PadesOptions.UsualTimestamp });
        byte[] signature = _signer.SignDigest(prepared.Digest);
        byte[] token = await _signer.StampAsync(signature);
        byte[] signed = PadesSigner.Complete(prepared, signature, token);
        JudgeByOthers(signed, 1);
        SignerInfo signer = SignedData.Parse(Cms(signed)).Signers[0];
        Assert.That(signer.UnsignedAttributes.Single().Oid, Is.EqualTo(Oids.SignatureTimestamp));
        Assert.That(signer.UnsignedAttributes[0].Values[0].ToArray(), Is.EqualTo(token));
    }

    [Test]
    public async Task Time_stamp_over_something_else_is_refused()
    {
        PreparedSignature prepared = _signer.Prepare(Samples.Read("classic.pdf"));
        byte[] token = await _signer.StampAsync([1, 2, 3]);
        Assert.That(() => PadesSigner.Complete(prepared, _signer.SignDigest(prepared.Digest), token), Throws.InstanceOf<CryptographicException>());
    }

    [Test, Property("Clause", "EN 319 142-1 6.3")]
    public void Cms_has_the_baseline_attributes_and_no_content()
    {
        byte[] signed = _signer.Sign(Samples.Read("classic.pdf"));
        SignedData cms = SignedData.Parse(Cms(signed));
        SignedAttributes attributes = cms.Signers.Single().SignedAttributes;
        Assert.Multiple(() =>
        {
            Assert.That(cms.Content, Is.Null);
            Assert.That(attributes.ContentType, Is.EqualTo(Oids.Data));
            Assert.That(attributes.SigningTime, Is.Null, "the time stands in /M");
            Assert.That(attributes.SigningCertificate!.Matches(_signer.Certificate));
            Assert.That(attributes.Attributes, Has.Count.EqualTo(3));
            Assert.That(cms.Certificates, Has.Count.EqualTo(2));
        });
        string text = Encoding.Latin1.GetString(signed);
        Assert.That(text, Does.Contain("/SubFilter /ETSI.CAdES.detached").And.Contain("/M (D:20260301120000Z)").And.Not.Contain("/Cert "));
    }

    [Test]
    public void Second_phase_works_from_storage_and_repeats_itself()
    {
        PreparedSignature prepared = _signer.Prepare(Samples.Read("streams.pdf"));
        var stored = PreparedSignature.FromTrusted(prepared.Encode());
        byte[] signature = _signer.SignDigest(stored.Digest);
        Assert.That(stored.SignedAttributes.ToArray(), Is.EqualTo(prepared.SignedAttributes.ToArray()));
        Assert.That(PadesSigner.Complete(stored, signature), Is.EqualTo(PadesSigner.Complete(prepared, signature)));
    }

    [Test]
    public void Signature_by_another_key_is_never_embedded()
    {
        using var other = new Signer();
        PreparedSignature prepared = _signer.Prepare(Samples.Read("classic.pdf"));
        Assert.That(() => PadesSigner.Complete(prepared, other.SignDigest(prepared.Digest)), Throws.InstanceOf<CryptographicException>());
    }

    [Test]
    public async Task Time_stamp_without_reserved_room_is_refused_rather_than_cut()
    {
        PreparedSignature prepared = _signer.Prepare(Samples.Read("classic.pdf"));
        byte[] signature = _signer.SignDigest(prepared.Digest);
        byte[] token = await _signer.StampAsync(signature);
        PdfException? refusal = null;
        try
        {
            PadesSigner.Complete(prepared, signature, token);
        }
        catch (PdfException exception)
        {
            refusal = exception;
        }
        Assert.That(token, Has.Length.GreaterThan(700));
        Assert.That(refusal?.Problem, Is.EqualTo(PdfProblem.TooSmall));
    }

    [Test]
    public void Texts_may_be_in_any_script()
    {
        byte[] signed = _signer.Sign(Samples.Read("classic.pdf"), new PadesOptions { SigningTime = Signer.Now, Reason = "Съгласен (с условията)\\", Location = "Sofia (BG)\\" });
        JudgeByOthers(signed, 1);
        Assert.That(Encoding.Latin1.GetString(signed), Does.Contain("/Location (Sofia \\(BG\\)\\\\)"));
    }

    [Test]
    public void Existing_field_is_filled_once()
    {
        var options = new PadesOptions { SigningTime = Signer.Now, FieldName = "Landlord" };
        byte[] signed = _signer.Sign(Samples.Read("field.pdf"), options);
        JudgeByOthers(signed, 1);
        Assert.That(Refusal(() => _signer.Prepare(signed, options)), Is.EqualTo(PdfProblem.NotSignable));
        Assert.That(Refusal(() => _signer.Prepare(signed, options with { FieldName = "Tenant" })), Is.EqualTo(PdfProblem.NotSignable));
    }

    [TestCase("classic.pdf")]
    [TestCase("linearized-streams.pdf")]
    public void Many_signatures_stay_valid_beside_each_other(string sample)
    {
        byte[] file = Samples.Read(sample);
        for (int i = 0; i < 4; i++)
            file = _signer.Sign(file);
        JudgeByOthers(file, 4);
    }

    [Test]
    public void Certified_file_that_allows_no_change_is_refused()
    {
        byte[] certified = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(Samples.Read("field.pdf"))
            .Replace("<</Type/Catalog", "<</Perms<</DocMDP<</Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]>>>>", StringComparison.Ordinal));
        // the replacements move offsets, so the table is rebuilt by qpdf
        string path = Tool.Save(certified);
        string rebuilt = path + ".fixed.pdf";
        Tool.Run("qpdf", "--object-streams=disable", path, rebuilt);
        Assert.That(Refusal(() => _signer.Prepare(File.ReadAllBytes(rebuilt))), Is.EqualTo(PdfProblem.NotSignable));
    }

    [Test]
    public void Encrypted_file_is_refused()
    {
        string path = Tool.Save(Samples.Read("classic.pdf"));
        Assert.That(Tool.Run("qpdf", "--encrypt", "", "owner", "256", "--", path, path + ".enc.pdf").Code, Is.Zero);
        Assert.That(Refusal(() => _signer.Prepare(File.ReadAllBytes(path + ".enc.pdf"))), Is.EqualTo(PdfProblem.Encrypted));
    }

    internal static byte[] Cms(byte[] signed)
    {
        (int a, int b, _) = Range(signed);
        byte[] padded = Convert.FromHexString(Encoding.ASCII.GetString(signed.AsSpan((a + 1)..(b - 1))));
        AsnDecoder.ReadEncodedValue(padded, AsnEncodingRules.DER, out _, out _, out int length);
        return padded[..length];
    }

    private static PdfProblem? Refusal(Action act)
    {
        try
        {
            act();
            return null;
        }
        catch (PdfException refusal)
        {
            return refusal.Problem;
        }
    }

    private static (int A, int B, int Last) Range(byte[] signed)
    {
        string text = Encoding.Latin1.GetString(signed);
        int at = text.LastIndexOf("/ByteRange [", StringComparison.Ordinal) + 12;
        string[] numbers = text[at..text.IndexOf(']', at)].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (int.Parse(numbers[1], null), int.Parse(numbers[2], null), int.Parse(numbers[3], null));
    }

    private void JudgeByOthers(byte[] signed, int signatures)
    {
        string path = Tool.Save(signed);
        (_, string sig) = Tool.Run("pdfsig", "-nocert", path);
        Assert.That(sig.Split("Signature is Valid.").Length - 1, Is.EqualTo(signatures), sig);
        string last = sig[sig.LastIndexOf("Signature #", StringComparison.Ordinal)..];
        Assert.That(last, Does.Contain("Total document signed").And.Contain("ETSI.CAdES.detached"), sig);
        (int code, string check) = Tool.Run("qpdf", "--check", path);
        Assert.That(code, Is.Zero, check);
        VerifyWithOpenSsl(signed, _signer.Root);
        File.Delete(path);
    }

    private static void VerifyWithOpenSsl(byte[] signed, Certificate root)
    {
        (int a, int b, int rest) = Range(signed);
        Assert.That(b + rest, Is.EqualTo(signed.Length));
        string content = Tool.Save([.. signed[..a], .. signed[b..]], ".bin");
        string cms = Tool.Save(Cms(signed), ".der");
        string anchor = Tool.Save(Encoding.ASCII.GetBytes(PemEncoding.WriteString("CERTIFICATE", root.Encoded.Span)), ".pem");
        (int code, string output) = Tool.Run("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", cms, "-content", content, "-CAfile", anchor,
            "-purpose", "any", "-cades", "-attime", Signer.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), "-out", content + ".out");
        Assert.That(code, Is.Zero, output);
    }
}
