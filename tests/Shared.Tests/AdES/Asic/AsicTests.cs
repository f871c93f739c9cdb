using System.IO.Compression;
using System.Text;
using Pechat.AdES;
using Pechat.AdES.Asic;
using Pechat.Pki;
using Pechat.Shared.Tests.AdES.Cades;
using Pechat.Shared.Tests.AdES.Xades;

namespace Pechat.Shared.Tests.AdES.Asic;

/// <summary>Containers that we make, unpacked by the base class library and judged by OpenSSL and xmlsec1.</summary>
[TestFixture]
internal sealed class AsicTests
{
    private static readonly SignatureClaims Claims = new() { SigningTime = Signer.Now, Commitment = Commitment.ProofOfApproval };
    private readonly Signer _signer = new();

    private static IEnumerable<TestCaseData> Kinds() =>
        from form in Enum.GetValues<AsicForm>()
        from algorithm in new[] { SignatureAlgorithm.EcdsaSha256, SignatureAlgorithm.RsaSha512, SignatureAlgorithm.RsaPssSha256 }
        where form is AsicForm.SimpleCades or AsicForm.ExtendedCades || algorithm.Scheme != SignatureScheme.RsaPss // xmlsec1 knows no RSA-PSS
        from level in new[] { "B", "T" }
        select new TestCaseData(form, algorithm, level == "T").SetArgDisplayNames(form.ToString(), algorithm.JwaName, level);

    [OneTimeTearDown]
    public void Dispose() => _signer.Dispose();

    [TestCaseSource(nameof(Kinds)), Property("Clause", "EN 319 162-1 5")]
    public async Task Container_is_valid_for_others_until_a_file_changes(AsicForm form, SignatureAlgorithm algorithm, bool stamped)
    {
        using var signer = new Signer(algorithm);
        byte[] container = await Make(signer, form, Files(form), stamped);
        string folder = Tool.Save([], "") + "-d";
        using (var archive = new ZipArchive(new MemoryStream(container)))
            archive.ExtractToDirectory(folder);
        Assert.That(await Judge(form, folder, signer), Is.Empty);

        string first = Path.Combine(folder, Files(form)[0].Name);
        await File.WriteAllBytesAsync(first, CadesSigningTests.Flipped(await File.ReadAllBytesAsync(first), 2));
        Assert.That(await Judge(form, folder, signer), Is.Not.Empty);
    }

    [TestCase(AsicForm.SimpleCades, "application/vnd.etsi.asic-s+zip", "META-INF/signature.p7s")]
    [TestCase(AsicForm.SimpleXades, "application/vnd.etsi.asic-s+zip", "META-INF/signatures.xml")]
    [TestCase(AsicForm.ExtendedCades, "application/vnd.etsi.asic-e+zip", "META-INF/signature001.p7s")]
    [TestCase(AsicForm.ExtendedXades, "application/vnd.etsi.asic-e+zip", "META-INF/signatures001.xml")]
    public async Task Type_stands_where_readers_look_for_it_and_the_rest_is_what_the_standard_names(AsicForm form, string type, string signature)
    {
        byte[] container = await Make(_signer, form, Files(form), stamped: false);
        Assert.Multiple(() =>
        {
            Assert.That(Encoding.ASCII.GetString(container, 30, 8 + type.Length), Is.EqualTo("mimetype" + type));
            Assert.That(container[6..10], Is.All.Zero, "no flags, stored");
            Assert.That(container[28..30], Is.All.Zero, "no extra field");
            Assert.That(container[18], Is.EqualTo(type.Length));
        });
        using var stream = new MemoryStream(container);
        using AsicReader reader = AsicReader.Open(stream);
        Assert.Multiple(() =>
        {
            Assert.That(reader.MimeType, Is.EqualTo(type));
            Assert.That(reader.Files, Is.EqualTo(Files(form).Select(file => file.Name)));
            Assert.That(reader.Signatures, Is.EqualTo(new[] { signature }));
            Assert.That(reader.Manifests, Has.Count.EqualTo(form == AsicForm.ExtendedCades ? 1 : 0));
        });
        if (form == AsicForm.ExtendedXades)
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            using var text = new StreamReader(archive.GetEntry("META-INF/manifest.xml")!.Open());
            string manifest = await text.ReadToEndAsync();
            Assert.That(Files(form).Select(file => $"full-path=\"{file.Name}\""), Is.All.Matches<string>(manifest.Contains));
        }
    }

    [Test]
    public async Task Changed_file_is_found_by_its_manifest()
    {
        byte[] container = await Make(_signer, AsicForm.ExtendedCades, Files(AsicForm.ExtendedCades), stamped: false);
        Assert.That(await Mismatches(container), Is.Empty);
        Assert.That(await Mismatches(Replace(container, "annex/plan.txt", "another plan")), Is.EqualTo(new[] { "annex/plan.txt" }));
        Assert.That(await Mismatches(Replace(container, "annex/plan.txt", null)), Is.EqualTo(new[] { "annex/plan.txt" }));
    }

    [Test]
    public async Task Second_phase_works_from_storage_and_refuses_other_files()
    {
        AsicFile[] files = Files(AsicForm.ExtendedXades);
        PendingContainer pending = PendingContainer.FromTrusted(
            (await AsicSigner.PrepareAsync(AsicForm.ExtendedXades, files, Claims, _signer.Certificate, [], _signer.Algorithm, default)).Encode());
        byte[] value = _signer.SignDigest(pending.Signature.Digest);
        using var output = new MemoryStream();
        await AsicSigner.CompleteAsync(pending, value, null, files, output, default);
        Assert.That(output.Length, Is.Positive);
        AsicFile[] others = [files[0], files[1] with { Open = () => new MemoryStream([1]) }];
        Assert.That(() => AsicSigner.CompleteAsync(pending, value, null, others, new MemoryStream(), default), Throws.InstanceOf<SignatureException>());
        Assert.That(() => AsicSigner.CompleteAsync(pending, value, null, files[..1], new MemoryStream(), default), Throws.InstanceOf<SignatureException>());
    }

    [TestCase("../a")]
    [TestCase("/a")]
    [TestCase("a\\b")]
    [TestCase("c:a")]
    [TestCase("mimetype")]
    [TestCase("META-INF/a")]
    [TestCase("meta-inf/a")]
    [TestCase("a//b")]
    [TestCase("a/./b")]
    [TestCase("")]
    public void Name_that_is_dangerous_or_reserved_is_not_signed(string name) => Assert.That(
        () => AsicSigner.PrepareAsync(AsicForm.ExtendedCades, [TextFile("ok", "x"), TextFile(name, "x")], Claims, _signer.Certificate, [], _signer.Algorithm, default),
        Throws.InstanceOf<SignatureException>());

    [TestCase("a.txt", "A.TXT")]
    [TestCase("a.txt", "a.txt")]
    [TestCase("\u00e9", "e\u0301")]
    [TestCase("../evil", "b")]
    [TestCase("x/../../evil", "b")]
    [TestCase("/etc/passwd", "b")]
    [TestCase("..\\evil", "b")]
    [TestCase("b", "mimetype")]
    public void Container_with_names_that_mislead_is_refused(string first, string second)
    {
        using Stream container = Zip((first, "1"), (second, "2"));
        Assert.That(() => AsicReader.Open(container), Throws.InstanceOf<SignatureException>());
    }

    [Test]
    public void Bomb_and_broken_container_are_refused()
    {
        using Stream bomb = Zip(("zeros", new string('0', 8 << 20)));
        Assert.That(() => AsicReader.Open(bomb), Throws.InstanceOf<SignatureException>());
        using Stream many = Zip([.. Enumerable.Range(0, 11).Select(i => ($"{i}", "x"))]);
        Assert.That(() => AsicReader.Open(many, new AsicLimits(MaxEntries: 10)), Throws.InstanceOf<SignatureException>());
        byte[] valid = Make(_signer, AsicForm.ExtendedCades, Files(AsicForm.ExtendedCades), stamped: false).GetAwaiter().GetResult();
        var random = new Random(7);
        for (int i = 0; i < 2000; i++)
        {
            byte[] broken = [.. valid];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
                broken[random.Next(broken.Length)] = (byte)random.Next(256);
            try
            {
                using AsicReader reader = AsicReader.Open(new MemoryStream(broken));
                foreach (string name in reader.Manifests)
                    AsicManifest.Parse(reader.Read(name));
            }
            catch (SignatureException)
            {
                // the only exception documented
            }
        }
    }

    [Test]
    public async Task File_of_one_gibibyte_goes_into_a_container_in_bounded_memory()
    {
        AsicFile[] files = [new("large.bin", "application/octet-stream", () => new EndlessStream(1L << 30)), TextFile("small.txt", "x")];
        GC.Collect();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        PendingContainer pending = await AsicSigner.PrepareAsync(AsicForm.ExtendedCades, files, Claims, _signer.Certificate, [_signer.Root], _signer.Algorithm, default);
        var sink = new CountingStream();
        await AsicSigner.CompleteAsync(pending, _signer.SignDigest(pending.Signature.Digest), null, files, sink, default);
        Assert.That(sink.Written, Is.Positive);
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(200L << 20), "all allocations together are a bound of what is in memory");
    }

    internal static AsicFile[] Files(AsicForm form) => form is AsicForm.SimpleCades or AsicForm.SimpleXades
        ? [TextFile("lease.txt", "We agree.")]
        : [TextFile("lease.txt", "We agree."), TextFile("annex/plan.txt", "The plan.")];

    private static AsicFile TextFile(string name, string content) => new(name, "text/plain", () => new MemoryStream(Encoding.UTF8.GetBytes(content)));

    internal static async Task<byte[]> Make(Signer signer, AsicForm form, AsicFile[] files, bool stamped)
    {
        PendingContainer pending = await AsicSigner.PrepareAsync(form, files, Claims, signer.Certificate, [signer.Root], signer.Algorithm, default);
        byte[] value = signer.SignDigest(pending.Signature.Digest);
        ReadOnlyMemory<byte>? token = null;
        if (stamped)
            token = await signer.StampAsync(AsicSigner.TimestampInput(pending, value));
        using var output = new MemoryStream();
        await AsicSigner.CompleteAsync(pending, value, token, files, output, default);
        return output.ToArray();
    }

    /// <summary>What is wrong with an unpacked container; nothing when it is valid.</summary>
    internal static async Task<string> Judge(AsicForm form, string folder, Signer signer)
    {
        string meta = Path.Combine(folder, "META-INF");
        switch (form)
        {
            case AsicForm.SimpleCades:
                (int code, string output, _) = CmsTool.Verify(await File.ReadAllBytesAsync(Path.Combine(meta, "signature.p7s")),
                    await File.ReadAllBytesAsync(Path.Combine(folder, "lease.txt")), signer.Root);
                return code == 0 ? "" : output;
            case AsicForm.ExtendedCades:
                byte[] manifest = await File.ReadAllBytesAsync(Path.Combine(meta, "ASiCManifest001.xml"));
                (int valid, string message, _) = CmsTool.Verify(await File.ReadAllBytesAsync(Path.Combine(meta, "signature001.p7s")), manifest, signer.Root);
                Assert.That(valid, Is.Zero, message);
                return string.Join(", ", AsicManifest.Parse(manifest).Files
                    .Where(file => !file.Digest.Span.SequenceEqual(file.Algorithm.Hash(File.ReadAllBytes(Path.Combine(folder, file.Name))))).Select(file => file.Name));
            default:
                (bool isValid, string said) = XmlSec.VerifyIn(folder, Directory.GetFiles(meta, "signatures*.xml").Single(), signer);
                return isValid ? "" : said;
        }
    }

    private static async Task<IReadOnlyList<string>> Mismatches(byte[] container)
    {
        using AsicReader reader = AsicReader.Open(new MemoryStream(container));
        return await reader.MismatchesAsync(AsicManifest.Parse(reader.Read(reader.Manifests.Single())), default);
    }

    private static byte[] Replace(byte[] container, string name, string? content)
    {
        var stream = new MemoryStream();
        stream.Write(container);
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            archive.GetEntry(name)!.Delete();
            if (content is not null)
            {
                using Stream entry = archive.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(content));
            }
        }
        return stream.ToArray();
    }

    private static MemoryStream Zip(params (string Name, string Content)[] entries)
    {
        var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, string content) in entries)
            {
                using Stream entry = archive.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(content));
            }
        }
        stream.Position = 0;
        return stream;
    }
}
