using System.Diagnostics;
using System.Globalization;
using System.Text;
using Pechat.AdES.Pades;

namespace Pechat.Shared.Tests.AdES;

/// <summary>Hostile files: only <see cref="PdfException"/>, in bounded time and memory.</summary>
[TestFixture]
internal sealed class PdfFuzzTests
{
    private static readonly string[] Tokens = ["obj", "endobj", "stream", "xref", "trailer", "<<", ">>", "[", "]", "(", "<", "/Prev 0", "/Kids", "0 R", "99999999999999999999", "-1", "%"];

    [TestCaseSource(typeof(Samples), nameof(Samples.Names))]
    public void Mutations_end_in_the_documented_exception(string sample)
    {
        using var signer = new Signer();
        byte[] file = signer.Sign(Samples.Read(sample));
        var random = new Random(7);
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < 250; i++)
        {
            byte[] mutant = Mutate(file, random);
            try
            {
                PadesReader.Signatures(mutant);
                signer.Prepare(mutant);
            }
            catch (PdfException)
            {
                // the documented refusal
            }
        }
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)));
    }

    [Test]
    public void Deep_nesting_is_refused() => AssertRefused(With("1 0 obj\n" + new string('[', 100_000) + "\nendobj\n"));

    [Test]
    public void Chain_of_lengths_is_refused()
    {
        // Each stream's length is another stream: reading one must not recurse without bound.
        var body = new StringBuilder("%PDF-1.4\n");
        var table = new StringBuilder("xref\n0 5001\n0000000000 65535 f \n");
        for (int i = 1; i <= 5000; i++)
        {
            table.Append(CultureInfo.InvariantCulture, $"{body.Length:D10} 00000 n \n");
            body.Append(CultureInfo.InvariantCulture, $"{i} 0 obj\n<</Length {i + 1} 0 R>>\nstream\n\nendstream\nendobj\n");
        }
        int start = body.Length;
        AssertRefused(Encoding.ASCII.GetBytes($"{body}{table}trailer\n<</Size 5001/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"));
    }

    [Test]
    public void Loop_of_sections_is_refused() =>
        AssertRefused(Encoding.ASCII.GetBytes("%PDF-1.4\nxref\n0 0\ntrailer\n<</Size 1/Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF\n"));

    [Test]
    public void Expanding_stream_is_refused_before_it_fills_the_memory()
    {
        using var zipped = new MemoryStream();
        using (var deflate = new System.IO.Compression.ZLibStream(zipped, System.IO.Compression.CompressionLevel.SmallestSize, leaveOpen: true))
        {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 400; i++)
                deflate.Write(zeros);
        }
        byte[] head = Encoding.ASCII.GetBytes($"%PDF-1.5\n1 0 obj\n<</Type/XRef/W[1 1 1]/Size 1/Root 1 0 R/Filter/FlateDecode/Length {zipped.Length}>>\nstream\n");
        byte[] bomb = [.. head, .. zipped.ToArray(), .. "\nendstream\nendobj\nstartxref\n9\n%%EOF\n"u8];
        long before = GC.GetTotalAllocatedBytes();
        AssertRefused(bomb);
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(700L << 20));
    }

    [Test]
    public void Equal_keys_are_refused() => AssertRefused(With("1 0 obj\n<</Type/Catalog/Type/Catalog>>\nendobj\n"));

    [Test]
    public void Empty_and_short_files_are_refused()
    {
        foreach (string text in (string[])["", "%PDF-", "%PDF-1.4\nstartxref", "%PDF-1.4\nstartxref\n0\n%%EOF", "%PDF-1.4\nstartxref\n99\n%%EOF", "<html>"])
            AssertRefused(Encoding.ASCII.GetBytes(text));
    }

    private static byte[] With(string first)
    {
        string body = "%PDF-1.4\n" + first;
        return Encoding.ASCII.GetBytes($"{body}xref\n1 1\n0000000009 00000 n \ntrailer\n<</Size 2/Root 1 0 R>>\nstartxref\n{body.Length}\n%%EOF\n");
    }

    private static void AssertRefused(byte[] file) => Assert.That(() => PadesReader.Signatures(file), Throws.TypeOf<PdfException>());

    private static byte[] Mutate(byte[] file, Random random)
    {
        var mutant = new List<byte>(file);
        int start = random.Next(3) == 0 ? Math.Max(0, file.Length - 700) : 0; // the structure at the end deserves more
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(Math.Min(start, mutant.Count - 1), mutant.Count);
            switch (random.Next(5))
            {
                case 0: mutant[at] = (byte)random.Next(256); break;
                case 1: mutant[at] = (byte)('0' + random.Next(10)); break;
                case 2: mutant.RemoveRange(at, Math.Min(mutant.Count - at, random.Next(1, 40))); break;
                case 3: mutant.InsertRange(at, Encoding.ASCII.GetBytes(Tokens[random.Next(Tokens.Length)])); break;
                default: mutant.RemoveRange(at, mutant.Count - at); break;
            }
            if (mutant.Count == 0)
                break;
        }
        return [.. mutant];
    }
}
