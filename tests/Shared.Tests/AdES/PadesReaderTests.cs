using System.Globalization;
using System.Text;
using Pechat.AdES.Pades;
using Pechat.Pki;

namespace Pechat.Shared.Tests.AdES;

/// <summary>What the reader says about coverage, and about revisions that came later; attacks by their names in ades.md 8.1.</summary>
[TestFixture]
internal sealed class PadesReaderTests
{
    private readonly Signer _signer = new();
    private byte[] _signed = [];

    [OneTimeSetUp]
    public void Sign() => _signed = _signer.Sign(Samples.Read("classic.pdf"));

    [OneTimeTearDown]
    public void Dispose() => _signer.Dispose();

    [TestCaseSource(typeof(Samples), nameof(Samples.Names))]
    public void Own_signature_covers_the_whole_file(string sample)
    {
        PdfSignature signature = PadesReader.Signatures(_signer.Sign(Samples.Read(sample)))[^1];
        Assert.Multiple(() =>
        {
            Assert.That(signature.Defects, Is.Empty);
            Assert.That(signature.Coverage, Is.EqualTo(SignatureCoverage.WholeFile));
            Assert.That(signature.Changes, Is.EqualTo(LaterChanges.None));
            Assert.That(signature.ClaimedTime, Is.EqualTo(Signer.Now));
            Assert.That(SignedData.Parse(signature.Cms).Signers[0].SignedAttributes.MessageDigest.ToArray(), Is.EqualTo(signature.Hash(DigestAlgorithm.Sha256)));
        });
    }

    [TestCase("signed-classic.pdf")]
    [TestCase("signed-streams.pdf")]
    public void Signature_of_others_is_found_and_stays_sound_beside_ours(string sample)
    {
        PdfSignature alone = PadesReader.Signatures(Samples.Read(sample)).Single();
        Assert.That(alone.Defects, Is.Empty);
        Assert.That((alone.FieldName, alone.SubFilter, alone.Coverage), Is.EqualTo(("Landlord", "adbe.pkcs7.detached", SignatureCoverage.WholeFile)));
        PdfSignature first = PadesReader.Signatures(_signer.Sign(Samples.Read(sample)))[0];
        Assert.That(first.Defects, Is.Empty);
        Assert.That((first.Coverage, first.Changes, first.AreChangesPermitted), Is.EqualTo((SignatureCoverage.WholeRevision, LaterChanges.Signing, true)));
    }

    [TestCaseSource(typeof(Samples), nameof(Samples.Names))]
    public void Further_signatures_are_classified_as_signing(string sample)
    {
        byte[] file = _signer.Sign(_signer.Sign(_signer.Sign(Samples.Read(sample))));
        IReadOnlyList<PdfSignature> signatures = PadesReader.Signatures(file);
        Assert.That(signatures.Select(each => each.Defects.Count), Is.All.Zero);
        Assert.That(signatures[^3].Changes, Is.EqualTo(LaterChanges.Signing), string.Join(' ', signatures[^3].Notes));
        Assert.That(signatures[^1].Changes, Is.EqualTo(LaterChanges.None));
        Assert.That(signatures.Select(each => each.FieldName).Distinct().Count(), Is.EqualTo(signatures.Count));
    }

    [Test]
    public void Unsigned_files_have_no_signatures() =>
        Assert.That(Samples.Names.Except(Samples.Signed).SelectMany(name => PadesReader.Signatures(Samples.Read(name))), Is.Empty);

    [Test]
    public void Changed_page_content_is_found() => AssertChange(LaterChanges.Other, (4, PdfTamper.Stream("BT /F1 18 Tf 30 120 Td (Pay 900 EUR) Tj ET")));

    [Test]
    public void Changed_font_is_found() => AssertChange(LaterChanges.Other, (5, "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"));

    [Test]
    public void Page_with_further_content_is_found() => AssertChange(LaterChanges.Other,
        (3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Resources<</Font<</F1 5 0 R>>>>/Contents[4 0 R 20 0 R]/Annots[8 0 R]>>"), (20, PdfTamper.Stream("BT ET")));

    [Test]
    public void Further_page_is_found() => AssertChange(LaterChanges.Other, (2, "<</Type/Pages/Kids[3 0 R 20 0 R]/Count 2>>"), (20, "<</Type/Page/Parent 2 0 R>>"));

    [Test]
    public void Added_annotation_is_found() => AssertChange(LaterChanges.Annotations,
        (3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R/Annots[8 0 R 20 0 R]>>"),
        (20, "<</Type/Annot/Subtype/FreeText/Rect[0 0 300 200]/Contents(x)>>"));

    [Test]
    public void Changed_metadata_is_harmless() => AssertChange(LaterChanges.LongTermMaterial, (6, "<</Title(other)>>"));

    [Test]
    public void Same_objects_written_again_are_no_change() => AssertChange(LaterChanges.None, (5, "<</Subtype/Type1 /Type /Font /BaseFont/Helvetica>>"));

    [Test]
    public void Metadata_that_is_page_content_as_well_is_not_harmless()
    {
        // The trailer's /Info is made to name the content stream before signing, so that changing it later looks like metadata.
        byte[] prepared = PdfTamper.Replace(Samples.Read("classic.pdf"), "/Info 6 0 R", "/Info 4 0 R");
        byte[] attacked = PdfTamper.Append(_signer.Sign(prepared), 30, (4, PdfTamper.Stream("BT /F1 18 Tf 30 120 Td (Pay 900 EUR) Tj ET")));
        Assert.That(PadesReader.Signatures(attacked).Single().Changes, Is.EqualTo(LaterChanges.Other));
    }

    [Test]
    public void Object_that_was_referred_to_before_it_existed_is_found()
    {
        byte[] prepared = PdfTamper.Append(Samples.Read("classic.pdf"), 12,
            (3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Resources<</Font<</F1 5 0 R>>>>/Contents[4 0 R 11 0 R]>>"));
        byte[] attacked = PdfTamper.Append(_signer.Sign(prepared), 30, (11, PdfTamper.Stream("BT ET")));
        Assert.That(PadesReader.Signatures(attacked).Single().Changes, Is.EqualTo(LaterChanges.Other));
    }

    [Test]
    public void Form_filling_is_told_apart()
    {
        byte[] form = PdfTamper.Append(Samples.Read("classic.pdf"), 9, (1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[8 0 R]>>>>"),
            (3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R/Annots[8 0 R]>>"),
            (8, "<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/Rect[10 10 90 30]>>"));
        byte[] signed = _signer.Sign(form);
        Assert.That(Change(signed, (8, "<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/Rect[10 10 90 30]/V(5)>>")), Is.EqualTo(LaterChanges.FormFilling));
        Assert.That(Change(signed, (8, "<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/Rect[0 0 300 200]/V(5)>>")), Is.EqualTo(LaterChanges.Other), "moved");
    }

    [Test, Description("Incremental saving attack without cross-reference section")]
    public void Data_that_nothing_describes_is_found()
    {
        byte[] attacked = [.. _signed, .. Encoding.ASCII.GetBytes("4 0 obj\n<<>>\nendobj\n"), .. _signed.AsSpan(_signed.AsSpan().LastIndexOf("startxref"u8))];
        PdfSignature signature = PadesReader.Signatures(attacked).Single();
        Assert.That((signature.Coverage, signature.Changes), Is.EqualTo((SignatureCoverage.Unclear, LaterChanges.Other)));
        Assert.That(() => _signer.Sign(attacked), Throws.TypeOf<PdfException>());
    }

    [Test, Description("Universal signature forgery")]
    public void Spoilt_byte_range_is_a_defect()
    {
        string range = Encoding.Latin1.GetString(_signed);
        range = range[range.IndexOf("/ByteRange [", StringComparison.Ordinal)..];
        range = range[..(range.IndexOf(']', StringComparison.Ordinal) + 1)];
        int[] numbers = [.. PadesReader.Signatures(_signed)[0].ByteRange];
        foreach (string spoilt in (string[])
            ["/ByteRange null", "/ByteRange [0 1 2]", "/ByteRange [0 -5 10 10]", $"/ByteRange [1 {numbers[1] - 1} {numbers[2]} {numbers[3]}]", "/ByteRange [0 10 999999999 1]",
             $"/ByteRange [0 {numbers[1] - 1} {numbers[2]} {numbers[3]}]", $"/ByteRange [0 {numbers[1]} {numbers[2] + 1} {numbers[3] - 1}]", "/ByteRangX [0 1 2 3]"])
        {
            PdfSignature signature = PadesReader.Signatures(PdfTamper.Replace(_signed, range, spoilt.PadRight(range.Length))).Single();
            Assert.That(signature.Defects, Is.Not.Empty, spoilt);
            Assert.That(signature.Coverage, Is.EqualTo(SignatureCoverage.Unclear), spoilt);
        }
    }

    [Test, Description("Spoofed signature dictionary")]
    public void Replaced_signature_dictionary_is_a_defect()
    {
        string text = Encoding.Latin1.GetString(_signed);
        int at = text.IndexOf("/Type /Sig", StringComparison.Ordinal) - 2;
        string dictionary = text[at..text.IndexOf("\nendobj", at, StringComparison.Ordinal)];
        int number = int.Parse(text[..at].Split('\n')[^2].Split(' ')[0], CultureInfo.InvariantCulture);
        byte[] attacked = PdfTamper.Append(_signed, 30, (number, dictionary.Replace("D:2026", "D:2020", StringComparison.Ordinal)));
        Assert.That(PadesReader.Signatures(attacked).Single().Defects, Is.Not.Empty);
    }

    [Test]
    public void Every_changed_octet_is_noticed()
    {
        PdfSignature sound = PadesReader.Signatures(_signed).Single();
        byte[] digest = sound.Hash(DigestAlgorithm.Sha256);
        for (int i = 0; i < _signed.Length; i++)
        {
            if (i > sound.ByteRange[1] + 40 && i < sound.ByteRange[2] - 40)
                continue; // the digits of the CMS, whose every octet is signed or padding
            byte[] changed = [.. _signed];
            changed[i] ^= 1;
            bool isNoticed;
            try
            {
                IReadOnlyList<PdfSignature> found = PadesReader.Signatures(changed);
                isNoticed = found is not [{ Defects.Count: 0 } one] || !one.Hash(DigestAlgorithm.Sha256).AsSpan().SequenceEqual(digest)
                    || !one.Cms.Span.SequenceEqual(sound.Cms.Span);
            }
            catch (PdfException)
            {
                isNoticed = true;
            }
            Assert.That(isNoticed, $"octet {i}");
        }
    }

    private static LaterChanges Change(byte[] signed, params (int, string)[] objects) => PadesReader.Signatures(PdfTamper.Append(signed, 30, objects)).Single().Changes;

    private void AssertChange(LaterChanges expected, params (int, string)[] objects)
    {
        PdfSignature signature = PadesReader.Signatures(PdfTamper.Append(_signed, 30, objects)).Single();
        Assert.That(signature.Defects, Is.Empty);
        Assert.That(signature.Coverage, Is.EqualTo(SignatureCoverage.WholeRevision));
        Assert.That(signature.Changes, Is.EqualTo(expected), string.Join(' ', signature.Notes));
        Assert.That(signature.AreChangesPermitted, Is.EqualTo(expected <= LaterChanges.FormFilling));
    }
}
