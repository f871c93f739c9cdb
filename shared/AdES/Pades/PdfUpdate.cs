using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Pechat.AdES.Pades;

/// <summary>An incremental update (ISO 32000-2 §7.5.6): the original octets, then changed and new objects, then a cross-reference section in the form of the newest one.</summary>
internal sealed class PdfUpdate
{
    private readonly PdfFile _file;
    private readonly PdfWriter _writer = new();
    private readonly SortedDictionary<int, (int Offset, int Generation)> _written = [];
    private int _next;

    internal PdfUpdate(PdfFile file)
    {
        _file = file;
        _next = file.NextNumber;
        _writer.Raw(file.Data.Span);
        if (file.Data.Span[^1] is not ((byte)'\n' or (byte)'\r'))
            _writer.Raw("\n");
    }

    /// <summary>A reference to an object that no revision has had: a reused number would look like tampering.</summary>
    internal PdfReference NewReference() => new(_next++, 0);

    /// <summary>Writes an object; the caller may write its body by parts and learns where it stands.</summary>
    internal void Write(PdfReference reference, Action<PdfWriter> body)
    {
        _written.Add(reference.Number, (_writer.Length, reference.Generation));
        _writer.Raw(string.Create(CultureInfo.InvariantCulture, $"{reference.Number} {reference.Generation} obj\n"));
        body(_writer);
        _writer.Raw("\nendobj\n");
    }

    internal void Write(PdfReference reference, PdfObject value) => Write(reference, writer => writer.Object(value));

    /// <summary>Closes the update and answers the whole file.</summary>
    internal byte[] Finish()
    {
        PdfSection newest = _file.Section(_file.Latest);
        bool isStream = newest.Form == PdfSectionForm.Stream;
        PdfReference? self = isStream ? NewReference() : null;
        int start = _writer.Length;
        PdfDictionary trailer = Trailer(newest.Trailer);
        if (self is null)
        {
            WriteTable();
            _writer.Raw("trailer\n").Object(trailer).Raw("\n");
        }
        else
            Write(self, writer => writer.Object(Stream(trailer)));
        return _writer.Raw(string.Create(CultureInfo.InvariantCulture, $"startxref\n{start}\n%%EOF\n")).Written.ToArray();
    }

    private PdfDictionary Trailer(PdfDictionary old)
    {
        var entries = new Dictionary<string, PdfObject> { ["Size"] = new PdfInteger(_next) };
        entries["Prev"] = new PdfInteger(_file.StartOffset);
        foreach (string key in (string[])["Root", "Info"])
        {
            if (old.Has(key, out PdfObject? value))
                entries[key] = value;
        }
        if (old["ID"] is PdfArray { Items: [PdfString first, PdfString] })
        {
            byte[] changed = SHA256.HashData(_writer.Written)[..16]; // ISO 32000-2 §14.4: the second part names this revision
            entries["ID"] = new PdfArray([first with { Hex = true }, new PdfString(changed, Hex: true)]);
        }
        return new PdfDictionary(entries);
    }

    private void WriteTable()
    {
        _writer.Raw("xref\n");
        foreach (List<int> run in Runs())
        {
            _writer.Raw(string.Create(CultureInfo.InvariantCulture, $"{run[0]} {run.Count}\n"));
            foreach (int number in run)
                _writer.Raw(string.Create(CultureInfo.InvariantCulture, $"{_written[number].Offset:D10} {_written[number].Generation:D5} n\r\n"));
        }
    }

    private PdfStream Stream(PdfDictionary trailer)
    {
        byte[] rows = new byte[_written.Count * 7];
        Span<byte> row = rows;
        var index = new List<PdfObject>();
        foreach (List<int> run in Runs())
        {
            index.Add(new PdfInteger(run[0]));
            index.Add(new PdfInteger(run.Count));
            foreach (int number in run)
            {
                row[0] = 1;
                BinaryPrimitives.WriteInt32BigEndian(row[1..], _written[number].Offset);
                BinaryPrimitives.WriteUInt16BigEndian(row[5..], (ushort)_written[number].Generation);
                row = row[7..];
            }
        }
        PdfDictionary dictionary = trailer
            .With("Type", new PdfName("XRef"))
            .With("W", new PdfArray([new PdfInteger(1), new PdfInteger(4), new PdfInteger(2)]))
            .With("Index", new PdfArray(index));
        return new PdfStream(dictionary, rows);
    }

    private List<List<int>> Runs()
    {
        var runs = new List<List<int>>();
        foreach (int number in _written.Keys)
        {
            if (runs.Count > 0 && runs[^1][^1] == number - 1)
                runs[^1].Add(number);
            else
                runs.Add([number]);
        }
        return runs;
    }
}
