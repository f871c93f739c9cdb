using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pechat.AdES;
using Pechat.AdES.Pades;
using Pechat.Pki;

namespace Pechat.Shared.Tests.AdES;

/// <summary>PDFs at the levels LT and LTA, judged by qpdf, poppler and OpenSSL, and read back by our own reader.</summary>
[TestFixture]
internal sealed class PadesExtensionTests
{
    private static readonly byte[] Ocsp = [0x30, 0x03, 0x0A, 0x01, 0x03], Crl = [0x30, 0x03, 0x02, 0x01, 0x05];
    private readonly Signer _signer = new();

    [OneTimeTearDown]
    public void Dispose() => _signer.Dispose();

    [TestCaseSource(typeof(Samples), nameof(Samples.Names)), Property("Clause", "EN 319 142-1 6.3")]
    public async Task Signed_file_grows_to_LTA_twice_and_its_signature_stays_valid_for_others(string sample)
    {
        byte[] signed = _signer.Sign(Samples.Read(sample));
        string field = PadesReader.Signatures(signed)[^1].FieldName;
        byte[] lt = PadesExtension.AddValidationData(signed, Data(), field);
        byte[] lta = await PadesExtension.ArchiveAsync(lt, _signer.StampAsync, DigestAlgorithm.Sha256, default);
        byte[] later = PadesExtension.AddValidationData(lta, Data() with { Crls = [Crl, new byte[] { 0x30, 0x03, 0x02, 0x01, 0x06 }] });
        byte[] renewed = await PadesExtension.ArchiveAsync(later, _signer.StampAsync, DigestAlgorithm.Sha512, default);

        Assert.That(renewed.AsSpan(0, signed.Length).SequenceEqual(signed), "the signed file is a prefix");
        string path = Tool.Save(renewed);
        (int code, string check) = Tool.Run("qpdf", "--check", path);
        Assert.That(code, Is.Zero, check);
        Assert.That(Tool.Run("pdfsig", "-nocert", path).Output, Does.Contain("Signature is Valid."));

        IReadOnlyList<PdfSignature> all = PadesReader.Signatures(renewed);
        PdfSignature own = all.Single(each => each.FieldName == field);
        Assert.Multiple(() =>
        {
            Assert.That(all.SelectMany(each => each.Defects), Is.Empty);
            Assert.That(own.Changes, Is.EqualTo(LaterChanges.LongTermMaterial), string.Join('\n', own.Notes));
            Assert.That(all.Where(each => each.IsDocumentTimestamp).ToArray(), Has.Length.EqualTo(2));
            Assert.That(all[^1].Coverage, Is.EqualTo(SignatureCoverage.WholeFile));
        });
        foreach (PdfSignature stamp in all.Where(each => each.IsDocumentTimestamp))
            JudgeStamp(stamp);
        PdfSecurityStore store = PdfSecurityStore.Read(renewed);
        Assert.That(store.Certificates, Has.Count.EqualTo(2), "nothing twice");
        Assert.That(store.Crls, Has.Count.EqualTo(2));
        Assert.That(store.OcspResponses.Single().ToArray(), Is.EqualTo(Ocsp));
    }

    [Test]
    public async Task Changed_byte_under_a_document_time_stamp_is_noticed()
    {
        byte[] lta = await PadesExtension.ArchiveAsync(_signer.Sign(Samples.Read("classic.pdf")), _signer.StampAsync, DigestAlgorithm.Sha256, default);
        lta[9] ^= 1; // in the comment after the header
        PdfSignature stamp = PadesReader.Signatures(lta)[^1];
        var token = TimestampToken.Parse(stamp.Cms);
        Assert.That(token.Info.Imprint.Matches(DigestAlgorithm.Sha256, stamp.Hash(DigestAlgorithm.Sha256)), Is.False);
    }

    [Test, Property("Clause", "ISO 32000-2 12.8.4.4")]
    public void Key_of_validation_data_is_the_hash_of_the_padded_contents()
    {
        // ades.md KAT-6
        Assert.That(PadesExtension.VriKey(Convert.FromHexString("3003020101" + new string('0', 22))), Is.EqualTo("0CC0F148EA246243BA3FE83B716D4E0002876425"));
        byte[] signed = _signer.Sign(Samples.Read("classic.pdf"));
        byte[] lt = PadesExtension.AddValidationData(signed, Data(), PadesReader.Signatures(signed)[0].FieldName);
        IReadOnlyList<int> range = PadesReader.Signatures(signed)[0].ByteRange;
        string key = Convert.ToHexString(DigestAlgorithm.Sha1.Hash(Convert.FromHexString(Encoding.ASCII.GetString(signed.AsSpan((range[1] + 1)..(range[2] - 1))))));
        Assert.That(Encoding.Latin1.GetString(lt), Does.Contain($"/VRI <</{key} <</Type /VRI/Cert ["));
    }

    [Test]
    public async Task File_certified_against_changes_takes_validation_data_and_time_stamps_but_no_signature()
    {
        string text = Encoding.Latin1.GetString(Samples.Read("field.pdf"))
            .Replace("<</Type/Catalog", "<</Perms<</DocMDP<</Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]>>>>", StringComparison.Ordinal);
        string path = Tool.Save(Encoding.Latin1.GetBytes(text.Replace("/P 1>>>>]>>>>", "/P 1>>>>]>>>>/Type/Catalog", StringComparison.Ordinal)));
        Tool.Run("qpdf", "--object-streams=disable", path, path + ".fixed.pdf");
        byte[] certified = await File.ReadAllBytesAsync(path + ".fixed.pdf");
        Assert.That(() => _signer.Prepare(certified), Throws.InstanceOf<PdfException>());
        byte[] lta = await PadesExtension.ArchiveAsync(PadesExtension.AddValidationData(certified, Data()), _signer.StampAsync, DigestAlgorithm.Sha256, default);
        Assert.That(PadesReader.Signatures(lta).Single().IsDocumentTimestamp);
    }

    [Test]
    public void Token_that_does_not_fit_or_is_over_something_else_is_refused()
    {
        byte[] signed = _signer.Sign(Samples.Read("classic.pdf"));
        Assert.That(() => PadesExtension.ArchiveAsync(signed, _signer.StampAsync, DigestAlgorithm.Sha256, default, reserve: 600), Throws.InstanceOf<PdfException>());
        Assert.That(() => PadesExtension.ArchiveAsync(signed, async (_, _) => await _signer.StampAsync([1]), DigestAlgorithm.Sha256, default), Throws.InstanceOf<CryptographicException>());
        Assert.That(() => PadesExtension.AddValidationData(signed, Data(), "Nobody"), Throws.InstanceOf<PdfException>());
    }

    private ValidationData Data() => new([_signer.Root.Encoded, _signer.StampCertificate.Encoded], [Ocsp], [Crl]);

    private void JudgeStamp(PdfSignature stamp)
    {
        DigestAlgorithm digest = DigestAlgorithm.Find(TimestampToken.Parse(stamp.Cms).Info.Imprint.HashAlgorithm.Oid)!;
        (int code, string output) = Tool.Run("openssl", "ts", "-verify", "-digest", Convert.ToHexString(stamp.Hash(digest)), "-token_in", "-in", Tool.Save(stamp.Cms.ToArray(), ".tst"),
            "-CAfile", Cades.CmsTool.Anchor(_signer.Root), "-attime", Signer.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        Assert.That(code, Is.Zero, output);
    }
}
