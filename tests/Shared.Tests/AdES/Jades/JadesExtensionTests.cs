using System.Security.Cryptography;
using System.Text;
using Pechat.AdES;
using Pechat.AdES.Jades;
using Pechat.Pki;

namespace Pechat.Shared.Tests.AdES.Jades;

/// <summary>JAdES at the levels T, LT and LTA.</summary>
[TestFixture]
internal sealed class JadesExtensionTests
{
    private static readonly SignatureClaims Claims = new() { SigningTime = Signer.Now };
    private readonly Signer _signer = new();

    [OneTimeSetUp]
    public Task Install() => Jose.InstallAsync();

    [OneTimeTearDown]
    public void Dispose() => _signer.Dispose();

    [Test, Property("Clause", "TS 119 182-1 5.3.6.2")]
    public void Known_elements_and_imprint_are_reproduced()
    {
        // ades.md KAT-3
        var data = new ValidationData([new byte[] { 0, 1, 2 }], [], []);
        Assert.That(UnsignedElement.CertificateValues(data), Is.EqualTo("eyJ4VmFscyI6W3sieDUwOUNlcnQiOnsidmFsIjoiQUFFQyJ9fV19"));
        byte[] input = JadesExtension.ArchiveInput("eyJhIjoxfQ"u8, new JwsSignature(
            "eyJhbGciOiJFUzI1NiIsImlhdCI6MTc2NzMyMzA0NSwieDV0I1MyNTYiOiI0N0RFUXBqOEhCU2EtX1RJbVctNUpDZXVRZVJrbTVOTXBKV1pHM2hTdUZVIn0",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-Pw",
            ["eyJzaWdUc3QiOnsidHN0VG9rZW5zIjpbeyJ2YWwiOiJBQUFBIn1dfX0", "eyJ4VmFscyI6W3sieDUwOUNlcnQiOnsidmFsIjoiQUFFQyJ9fV19"]));
        Assert.That(input, Has.Length.EqualTo(325));
        Assert.That(Convert.ToHexString(SHA256.HashData(input)), Is.EqualTo("594F414E320039836411717C13C8F9AAAF0A5104AC8E06C5FC0A01EA2A9C16EC"));
    }

    [TestCase(JwsSerialization.Flattened)]
    [TestCase(JwsSerialization.General)]
    public async Task Signature_grows_to_LTA_twice_and_stays_valid_for_jose(JwsSerialization serialization)
    {
        PendingSignature pending = JadesSigner.Prepare("""{"a":1}"""u8.ToArray(), Claims, _signer.Certificate, [_signer.Root], _signer.Algorithm);
        byte[] jws = JadesSigner.Complete(pending, _signer.SignDigest(pending.Digest), serialization);
        var data = new ValidationData([_signer.Root.Encoded, _signer.StampCertificate.Encoded], [new byte[] { 5, 0 }], [new byte[] { 5, 0 }]);
        Assert.That(() => JadesExtension.AddValidationData(jws, 0, data), Throws.InstanceOf<SignatureException>(), "no time stamp yet");
        byte[] t = await JadesExtension.StampAsync(jws, 0, _signer.StampAsync, DigestAlgorithm.Sha256, default);
        byte[] lt = JadesExtension.AddValidationData(t, 0, data);
        byte[] lta = await JadesExtension.ArchiveAsync(lt, 0, null, _signer.StampAsync, DigestAlgorithm.Sha256, default);
        byte[] renewed = await JadesExtension.ArchiveAsync(JadesExtension.AddValidationData(lta, 0, data), 0, null, _signer.StampAsync, DigestAlgorithm.Sha512, default);
        foreach (byte[] each in (byte[][])[t, lt, lta, renewed])
        {
            (bool valid, _, string output) = await Jose.VerifyAsync(each, _signer);
            Assert.That(valid, output);
        }
        JwsSignature signature = JwsDocument.Parse(renewed).Signatures.Single();
        Assert.That(signature.Unsigned.Select(UnsignedElement.Name), Is.EqualTo(new[] { "sigTst", "xVals", "rVals", "arcTst", "tstVD", "arcTst" }));
        Assert.That(Encoding.UTF8.GetString(renewed).Contains("\"signatures\"", StringComparison.Ordinal), Is.EqualTo(serialization == JwsSerialization.General));
        JwsSignature before = JwsDocument.Parse(jws).Signatures.Single();
        Assert.That((signature.Protected, signature.Signature), Is.EqualTo((before.Protected, before.Signature)));
    }

    [Test]
    public async Task Detached_payload_is_needed_for_an_archive_time_stamp()
    {
        PendingSignature pending = JadesSigner.PrepareDetached("x"u8.ToArray(), Claims, _signer.Certificate, [], _signer.Algorithm);
        byte[] t = await JadesExtension.StampAsync(JadesSigner.Complete(pending, _signer.SignDigest(pending.Digest), JwsSerialization.Flattened), 0, _signer.StampAsync, DigestAlgorithm.Sha256, default);
        Assert.That(() => JadesExtension.ArchiveAsync(t, 0, null, _signer.StampAsync, DigestAlgorithm.Sha256, default), Throws.InstanceOf<SignatureException>());
        Assert.That(await JadesExtension.ArchiveAsync(t, 0, "eA"u8.ToArray(), _signer.StampAsync, DigestAlgorithm.Sha256, default), Is.Not.Empty);
        Assert.That(() => JadesExtension.StampAsync(t, 1, _signer.StampAsync, DigestAlgorithm.Sha256, default), Throws.InstanceOf<SignatureException>(), "no such position");
    }
}
