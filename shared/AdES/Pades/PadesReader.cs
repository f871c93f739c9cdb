using System.Formats.Asn1;
using System.Globalization;

namespace Pechat.AdES.Pades;

/// <summary>Finds the signatures of a PDF and checks what they cover (ISO 32000-2 §12.8.1, ades.md section 8.1).</summary>
public static class PadesReader
{
    private const int MaxSignatures = 200;

    /// <summary>All signatures in order of what they cover, the first made first.</summary>
    /// <param name="pdf">The file, untrusted.</param>
    /// <exception cref="PdfException">The file is broken, encrypted or exceeds a bound; a broken signature in a sound file is an entry with defects.</exception>
    public static IReadOnlyList<PdfSignature> Signatures(ReadOnlyMemory<byte> pdf)
    {
        PdfFile file = PdfFile.Parse(pdf);
        var found = new List<PdfSignature>();
        foreach (PdfField field in PdfForm.Fields(file, file.Latest).Where(each => each.IsSignature))
        {
            if (file.Resolve(field.Dictionary["V"], file.Latest) is PdfNull)
                continue;
            if (found.Count == MaxSignatures)
                throw PdfException.Malformed($"The file has more than {MaxSignatures} signatures.");
            found.Add(Read(file, field));
        }
        found.Sort((a, b) => CoveredTo(a).CompareTo(CoveredTo(b)));
        for (int i = 1; i < found.Count; i++)
        {
            // Each signature must lie wholly inside what the next one covers before its gap.
            if (found[i - 1].ByteRange.Count == 4 && found[i].ByteRange.Count == 4 && CoveredTo(found[i - 1]) > found[i].ByteRange[1])
                found[i] = found[i] with { Defects = [.. found[i].Defects, "Its byte range collides with that of another signature."] };
        }
        return found;
    }

    private static PdfSignature Read(PdfFile file, PdfField field)
    {
        int latest = file.Latest;
        var defects = new List<string>();
        PdfDictionary dictionary = file.Dictionary(field.Dictionary["V"], latest) ?? PdfDictionary.Empty;
        var reference = field.Dictionary["V"] as PdfReference;
        IReadOnlyList<int> range = Range(file, dictionary);
        var contents = dictionary["Contents"] as PdfString;
        if (range.Count == 0)
            defects.Add("/ByteRange is not four numbers that fit the file.");
        if (contents is not { Hex: true, Start: >= 0 })
            defects.Add("/Contents is no hexadecimal string in the file itself.");
        else if (range.Count == 4 && (contents.Start != range[1] || contents.End != range[2]))
            defects.Add("The gap of /ByteRange is not exactly /Contents.");
        ReadOnlyMemory<byte> cms = contents is null ? default : Trim(contents.Bytes);
        if (contents is not null && cms.IsEmpty)
            defects.Add("/Contents holds no DER followed by zeros.");

        int? revision = range.Count == 4 ? RevisionOf(file, range) : null;
        if (reference is null)
            defects.Add("The signature dictionary is no object of its own.");
        else if (revision is { } covered && file.Definition(reference.Number, covered) != file.Definition(reference.Number, latest))
            defects.Add("The signature dictionary is not the one in the revision that it covers.");
        RevisionComparison comparison = RevisionComparison.Compare(file, revision ?? -1);
        return new PdfSignature(file.Data)
        {
            FieldName = field.Name,
            SubFilter = file.Resolve(dictionary["SubFilter"], latest) is PdfName name ? name.Value : "",
            ByteRange = range,
            Cms = cms,
            ClaimedTime = Text(dictionary["M"]) is { } date ? ReadDate(date) : null,
            Reason = Text(dictionary["Reason"]),
            Location = Text(dictionary["Location"]),
            Defects = defects,
            Coverage = defects.Count > 0 || revision is null ? SignatureCoverage.Unclear
                : revision == latest ? SignatureCoverage.WholeFile : SignatureCoverage.WholeRevision,
            Changes = comparison.Changes,
            AreChangesPermitted = comparison.ArePermitted,
            Notes = comparison.Notes,
        };

        string? Text(PdfObject? value) => file.Resolve(value, latest) is PdfString text ? PdfForm.Decode(text) : null;
    }

    private static int CoveredTo(PdfSignature signature) => signature.ByteRange is [_, _, var second, var rest] ? second + rest : 0;

    /// <summary>Checks 1 and 2 of ades.md 8.1: four numbers, from the first octet, with a gap, inside the file.</summary>
    private static IReadOnlyList<int> Range(PdfFile file, PdfDictionary dictionary)
    {
        if (file.Resolve(dictionary["ByteRange"], file.Latest) is not PdfArray { Items.Count: 4 } array)
            return [];
        long[] range = [.. array.Items.OfType<PdfInteger>().Select(each => each.Value)];
        return range is [0, > 0, var second, > 0 and var rest] && second > range[1] && second < file.Data.Length && rest <= file.Data.Length - second
            ? [.. range.Select(each => (int)each)]
            : [];
    }

    /// <summary>The revision that the range covers to its very end; null when it ends anywhere else.</summary>
    private static int? RevisionOf(PdfFile file, IReadOnlyList<int> range)
    {
        int end = range[2] + range[3];
        for (int revision = file.Latest; revision >= 0; revision--)
        {
            int marker = file.End(revision);
            if (marker > end)
                continue;
            // What follows the last revision must be white space, else it is data that no cross-reference section describes.
            bool isWhole = IsSpace(file, marker, end) && (revision < file.Latest || file.IsTerminated);
            return isWhole ? revision : null;
        }
        return null;
    }

    private static bool IsSpace(PdfFile file, int from, int to)
    {
        foreach (byte each in file.Data.Span[from..to])
        {
            if (!PdfParser.IsWhiteSpace(each))
                return false;
        }
        return true;
    }

    private static ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> contents)
    {
        try
        {
            AsnDecoder.ReadEncodedValue(contents.Span, AsnEncodingRules.BER, out _, out _, out int length);
            return contents.Span[length..].IndexOfAnyExcept((byte)0) < 0 ? contents[..length] : default;
        }
        catch (AsnContentException)
        {
            return default; // reported as a defect of the signature
        }
    }

    /// <summary>D:YYYYMMDDHHmmSS with Z or +HH'mm' (ISO 32000-2 §7.9.4).</summary>
    private static DateTimeOffset? ReadDate(string date)
    {
        string plain = date.Replace("'", "", StringComparison.Ordinal);
        plain = plain.EndsWith('Z') ? plain[..^1] + "+0000" : plain.Length == 16 ? plain + "+0000" : plain;
        return DateTimeOffset.TryParseExact(plain, "'D:'yyyyMMddHHmmsszzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset time)
            || (plain.Length == 21 && DateTimeOffset.TryParseExact(plain.Insert(19, ":"), "'D:'yyyyMMddHHmmsszzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out time))
            ? time.ToUniversalTime()
            : null;
    }
}
