using System.Globalization;
using System.Text;

namespace Pechat.Shared.Tests.AdES;

/// <summary>Appends hostile or harmless revisions by hand, without our writer.</summary>
internal static class PdfTamper
{
    /// <summary>An incremental update with a table; every object is given as its text between obj and endobj.</summary>
    internal static byte[] Append(byte[] file, int size, params (int Number, string Body)[] objects)
    {
        string text = Encoding.Latin1.GetString(file);
        int at = text.LastIndexOf("startxref", StringComparison.Ordinal) + 9;
        int previous = int.Parse(text[at..text.IndexOf("%%EOF", at, StringComparison.Ordinal)].Trim(), CultureInfo.InvariantCulture);
        int root = int.Parse(text[(text.LastIndexOf("/Root ", StringComparison.Ordinal) + 6)..].Split(' ')[0], CultureInfo.InvariantCulture);
        int info = text.LastIndexOf("/Info ", StringComparison.Ordinal);
        string extra = info < 0 ? "" : $"/Info {text[(info + 6)..].Split(' ')[0]} 0 R";
        var update = new StringBuilder("\n");
        var table = new StringBuilder("xref\n");
        foreach ((int number, string body) in objects)
        {
            table.Append(CultureInfo.InvariantCulture, $"{number} 1\n{file.Length + update.Length:D10} 00000 n \n");
            update.Append(CultureInfo.InvariantCulture, $"{number} 0 obj\n{body}\nendobj\n");
        }
        int start = file.Length + update.Length;
        update.Append(table).Append(CultureInfo.InvariantCulture, $"trailer\n<</Size {size}/Root {root} 0 R{extra}/Prev {previous}>>\nstartxref\n{start}\n%%EOF\n");
        return [.. file, .. Encoding.Latin1.GetBytes(update.ToString())];
    }

    /// <summary>A stream object with this content.</summary>
    internal static string Stream(string content) => string.Create(CultureInfo.InvariantCulture, $"<</Length {content.Length}>>\nstream\n{content}\nendstream");

    /// <summary>The same octets with one text put in place of another of the same length.</summary>
    internal static byte[] Replace(byte[] file, string old, string replacement)
    {
        Assert.That(replacement, Has.Length.EqualTo(old.Length));
        string text = Encoding.Latin1.GetString(file);
        Assert.That(text, Does.Contain(old));
        return Encoding.Latin1.GetBytes(text.Replace(old, replacement, StringComparison.Ordinal));
    }
}
