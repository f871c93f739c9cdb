using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pechat.Pki;

namespace Pechat.AdES.Pades;

/// <summary>Writes the dictionary of a signature or document time stamp with room for /ByteRange and /Contents (EN 319 142-1 §5.4.3, §6.3, ISO 32000-2 §12.8).</summary>
/// <param name="options">What to say; null for a document time stamp, which says nothing.</param>
/// <param name="capacity">Bytes of CMS to reserve.</param>
internal sealed class SignatureDictionaryWriter(PadesOptions? options, int capacity)
{
    private const int RangeWidth = 34; // "0 " and three numbers of up to ten digits

    private int _rangeOffset;

    /// <summary>Offset of the delimiter before the digits.</summary>
    internal int ContentsOffset { get; private set; }

    private int After => ContentsOffset + (2 * capacity) + 2;

    internal void Write(PdfWriter writer)
    {
        if (options is null)
            writer.Raw("<</Type /DocTimeStamp/Filter /Adobe.PPKLite/SubFilter /ETSI.RFC3161");
        else
            WriteSaid(writer, options);
        writer.Raw("/ByteRange [");
        _rangeOffset = writer.Length;
        writer.Raw(new string(' ', RangeWidth)).Raw("]/Contents ");
        ContentsOffset = writer.Length;
        writer.Raw("<").Raw(new string('0', 2 * capacity)).Raw(">>>");
    }

    private static void WriteSaid(PdfWriter writer, PadesOptions options)
    {
        writer.Raw("<</Type /Sig/Filter /Adobe.PPKLite/SubFilter /ETSI.CAdES.detached/M ").Object(PdfWriter.Date(options.SigningTime));
        foreach ((string key, string? text) in (ReadOnlySpan<(string, string?)>)
            [("Name", options.Name), ("Reason", options.Reason), ("Location", options.Location), ("ContactInfo", options.ContactInfo)])
        {
            if (text is not null)
                writer.Raw($"/{key} ").Object(PdfWriter.Text(text));
        }
    }

    /// <summary>Fills in the range now that the length is known; the length stays.</summary>
    internal void PatchByteRange(Span<byte> file)
    {
        string range = string.Create(CultureInfo.InvariantCulture, $"0 {ContentsOffset} {After} {file.Length - After}");
        Encoding.ASCII.GetBytes(range.PadRight(RangeWidth), file.Slice(_rangeOffset, RangeWidth));
    }

    /// <summary>Hash of everything but /Contents with its delimiters.</summary>
    internal byte[] Hash(ReadOnlySpan<byte> file, DigestAlgorithm digest)
    {
        using var hash = IncrementalHash.CreateHash(digest.Name);
        hash.AppendData(file[..ContentsOffset]);
        hash.AppendData(file[After..]);
        return hash.GetHashAndReset();
    }
}
