using System.IO.Compression;

namespace Pechat.AdES.Pades;

/// <summary>Decodes the streams that hold structure: none, or FlateDecode with a PNG predictor (ISO 32000-2 §7.4.4).</summary>
/// <param name="budget">Bytes that may be decoded in all, so that a small file cannot fill the memory.</param>
internal sealed class PdfFilters(int budget)
{
    private int _left = budget;

    internal ReadOnlyMemory<byte> Decode(PdfStream stream)
    {
        PdfObject? filter = stream.Dictionary["Filter"];
        PdfObject? parameters = stream.Dictionary["DecodeParms"];
        if (filter is PdfArray { Items.Count: <= 1 } filters)
        {
            filter = filters.Items.Count == 0 ? null : filters.Items[0];
            parameters = parameters is PdfArray { Items.Count: 1 } list ? list.Items[0] : parameters;
        }
        if (filter is null or PdfNull)
            return stream.Data;
        if (filter is not PdfName { Value: "FlateDecode" })
            throw PdfException.Malformed("A cross-reference or object stream uses a filter other than FlateDecode.");
        byte[] inflated = Inflate(stream.Data);
        return parameters is PdfDictionary predictor ? Unpredict(inflated, predictor) : inflated;
    }

    private byte[] Inflate(ReadOnlyMemory<byte> data)
    {
        using var result = new MemoryStream();
        byte[] buffer = new byte[16384];
        try
        {
            using var inflater = new ZLibStream(new MemoryStream(data.ToArray()), CompressionMode.Decompress);
            for (int read; (read = inflater.Read(buffer)) > 0; result.Write(buffer, 0, read))
            {
                _left -= read;
                if (_left < 0)
                    throw PdfException.Malformed("The file expands beyond the bound.");
            }
        }
        catch (InvalidDataException)
        {
            throw PdfException.Malformed("A compressed stream is corrupt.");
        }
        return result.ToArray();
    }

    private static byte[] Unpredict(byte[] data, PdfDictionary parameters)
    {
        int predictor = Number(parameters, "Predictor", 1);
        if (predictor == 1)
            return data;
        int columns = Number(parameters, "Columns", 1);
        if (predictor < 10 || predictor > 15 || columns is < 1 or > 4096
            || Number(parameters, "Colors", 1) != 1 || Number(parameters, "BitsPerComponent", 8) != 8 || data.Length % (columns + 1) != 0)
            throw PdfException.Malformed("A stream uses a predictor that is not supported.");
        byte[] result = new byte[data.Length / (columns + 1) * columns];
        Span<byte> above = new byte[columns];
        for (int row = 0; row * (columns + 1) < data.Length; row++)
        {
            Span<byte> current = result.AsSpan(row * columns, columns);
            data.AsSpan((row * (columns + 1)) + 1, columns).CopyTo(current);
            Unfilter(data[row * (columns + 1)], current, above);
            above = current;
        }
        return result;
    }

    private static void Unfilter(byte type, Span<byte> current, ReadOnlySpan<byte> above)
    {
        if (type > 4)
            throw PdfException.Malformed("A stream uses an unknown PNG filter.");
        for (int i = 0; i < current.Length; i++)
        {
            int left = i > 0 ? current[i - 1] : 0;
            int corner = i > 0 ? above[i - 1] : 0;
            current[i] += (byte)(type switch
            {
                1 => left,
                2 => above[i],
                3 => (left + above[i]) / 2,
                4 => Paeth(left, above[i], corner),
                _ => 0,
            });
        }
    }

    private static int Paeth(int left, int above, int corner)
    {
        int estimate = left + above - corner;
        int toLeft = Math.Abs(estimate - left), toAbove = Math.Abs(estimate - above), toCorner = Math.Abs(estimate - corner);
        return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
    }

    private static int Number(PdfDictionary dictionary, string key, int absent) => dictionary[key] switch
    {
        null => absent,
        PdfInteger { Value: >= 0 and <= int.MaxValue } integer => (int)integer.Value,
        _ => throw PdfException.Malformed($"The filter parameter {key} is out of range."),
    };
}
