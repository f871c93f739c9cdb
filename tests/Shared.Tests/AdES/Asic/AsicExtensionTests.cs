using System.Globalization;
using System.IO.Compression;
using System.Text;
using Pechat.AdES;
using Pechat.AdES.Asic;
using Pechat.Pki;

namespace Pechat.Shared.Tests.AdES.Asic;

/// <summary>Containers at the levels T, LT and LTA, judged by OpenSSL and xmlsec1.</summary>
[TestFixture]
internal sealed class AsicExtensionTests
{
    private readonly Signer _signer = new();

    [OneTimeTearDown]
    public void Dispose() => _signer.Dispose();

    [TestCase(AsicForm.SimpleCades)]
    [TestCase(AsicForm.SimpleXades)]
    [TestCase(AsicForm.ExtendedCades)]
    [TestCase(AsicForm.ExtendedXades)]
    public async Task Container_grows_to_LTA_and_its_signature_stays_valid_for_others(AsicForm form)
    {
        byte[] t = await Step(await Made(form), (from, to) => AsicExtension.StampAsync(from, to, _signer.StampAsync, DigestAlgorithm.Sha256, default));
        byte[] lt = await Step(t, (from, to) => AsicExtension.AddValidationDataAsync(from, to, Data(withRevocation: form is AsicForm.SimpleXades or AsicForm.ExtendedXades), default));
        byte[] lta = await Step(lt, (from, to) => AsicExtension.ArchiveAsync(from, to, _signer.StampAsync, DigestAlgorithm.Sha256, null, default));
        foreach (byte[] each in (byte[][])[t, lt, lta])
        {
            string folder = Tool.Save([], "") + "-d";
            using (var archive = new ZipArchive(new MemoryStream(each)))
                archive.ExtractToDirectory(folder);
            Assert.That(await AsicTests.Judge(form, folder, _signer), Is.Empty);
            Assert.That(Encoding.ASCII.GetString(each, 30, 8), Is.EqualTo("mimetype"));
        }
    }

    [Test, Property("Clause", "EN 319 162-1 annex A.7")]
    public async Task Renewed_archive_manifest_refers_to_the_one_before_and_covers_everything()
    {
        byte[] container = await Step(await Made(AsicForm.ExtendedCades), (from, to) => AsicExtension.StampAsync(from, to, _signer.StampAsync, DigestAlgorithm.Sha256, default));
        for (int i = 0; i < 3; i++)
            container = await Step(container, (from, to) => AsicExtension.ArchiveAsync(from, to, _signer.StampAsync, DigestAlgorithm.Sha512, i == 0 ? null : Data(withRevocation: true), default));
        using AsicReader reader = AsicReader.Open(new MemoryStream(container));
        string[] numbered = [.. reader.Entries.Where(name => name.StartsWith("META-INF/ASiCArchiveManifest0", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.That(numbered, Is.EqualTo(new[] { "META-INF/ASiCArchiveManifest001.xml", "META-INF/ASiCArchiveManifest002.xml" }));
        byte[] newest = reader.Read("META-INF/ASiCArchiveManifest.xml");
        Assert.That(Encoding.UTF8.GetString(newest), Does.Contain("Rootfile=\"true\" URI=\"META-INF/ASiCArchiveManifest002.xml\""));
        var manifest = AsicManifest.Parse(newest);
        string[] uncovered = ["mimetype", "META-INF/ASiCArchiveManifest.xml", manifest.Signature];
        Assert.That(manifest.Files.Select(file => file.Name), Is.EquivalentTo(reader.Entries.Except(uncovered)));
        Assert.That(await reader.MismatchesAsync(manifest, default), Is.Empty);
        (int code, string output) = Tool.Run("openssl", "ts", "-verify", "-data", Tool.Save(newest, ".xml"), "-token_in", "-in", Tool.Save(reader.Read(manifest.Signature), ".tst"),
            "-CAfile", Cades.CmsTool.Anchor(_signer.Root), "-attime", Signer.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        Assert.That(code, Is.Zero, output);
    }

    [Test]
    public async Task Signature_under_an_archive_manifest_is_not_changed_any_more()
    {
        byte[] t = await Step(await Made(AsicForm.ExtendedCades), (from, to) => AsicExtension.StampAsync(from, to, _signer.StampAsync, DigestAlgorithm.Sha256, default));
        byte[] lta = await Step(t, (from, to) => AsicExtension.ArchiveAsync(from, to, _signer.StampAsync, DigestAlgorithm.Sha256, null, default));
        Assert.That(() => Step(lta, (from, to) => AsicExtension.AddValidationDataAsync(from, to, Data(true), default)), Throws.InstanceOf<SignatureException>());
    }

    private Task<byte[]> Made(AsicForm form) => AsicTests.Make(_signer, form, AsicTests.Files(form), stamped: false);

    private static async Task<byte[]> Step(byte[] container, Func<Stream, Stream, Task> extend)
    {
        using var output = new MemoryStream();
        await extend(new MemoryStream(container), output);
        return output.ToArray();
    }

    /// <summary>Validation data; OpenSSL would not read past stand-ins for revocation data in a CMS message.</summary>
    private ValidationData Data(bool withRevocation) => new(
        [_signer.Root.Encoded, _signer.StampCertificate.Encoded],
        withRevocation ? [new byte[] { 0x30, 0x03, 0x0A, 0x01, 0x03 }] : [], []);
}
