using System.Formats.Asn1;
using System.Security.Cryptography;
using Pechat.Pki;

namespace Pechat.Shared.Tests.Pki;

/// <summary>Whatever the bytes, a reader answers with a value or with <see cref="AsnContentException"/>.</summary>
internal sealed class ReaderFuzzTests
{
    private const int Rounds = 4_000;

    private static readonly Dictionary<string, Action<ReadOnlyMemory<byte>>> Readers = new()
    {
        ["certificate"] = der => ReadAll(Certificate.Parse(der)),
        ["request"] = der => _ = CertificationRequest.Parse(der).ProvesPossession,
        ["cms"] = der => ReadAll(SignedData.Parse(der)),
        ["token"] = der => TimestampToken.Parse(der),
        ["tsq"] = der => TimestampRequest.Parse(der).Encode(),
        ["tsr"] = der => TimestampResponse.Parse(der),
        ["ocsp request"] = der => OcspRequest.Parse(der),
        ["ocsp response"] = der => OcspResponse.Parse(der),
        ["crl"] = der => CertificateList.Parse(der),
        ["qcStatements"] = der => QcStatements.Parse(der),
    };

    private static readonly Dictionary<string, byte[]> Seeds = MakeSeeds();

    [TestCaseSource(nameof(Names))]
    public void Malformed_bytes_raise_only_the_documented_exception(string name)
    {
        var random = new Random(20260102);
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] mutated = Mutate(Seeds[name], random);
            try
            {
                Readers[name](mutated);
            }
            catch (AsnContentException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"round {round}: {e.GetType()} {e.Message}\n{Convert.ToHexString(mutated)}\n{e.StackTrace}");
            }
        }
        Assert.That(refused, Is.GreaterThan(Rounds / 3), "most mutations break the structure");
    }

    [TestCaseSource(nameof(Names))]
    public void Every_truncation_is_refused(string name)
    {
        byte[] seed = Seeds[name];
        for (int length = 0; length < seed.Length; length++)
            Assert.That(() => Readers[name](seed.AsMemory(0, length)), Throws.TypeOf<AsnContentException>(), $"{length} of {seed.Length} bytes");
    }

    private static string[] Names() => [.. Readers.Keys];

    private static byte[] Mutate(byte[] seed, Random random)
    {
        var bytes = new List<byte>(seed);
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 3:
                    bytes.RemoveAt(at);
                    break;
                default: // a tag becomes another one that occurs in the house
                    bytes[at] = new byte[] { 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x13, 0x16, 0x17, 0x18, 0x1E, 0x30, 0x31, 0x80, 0x81, 0x82, 0xA0, 0xA1, 0xA2, 0xA3, 0xFF }[random.Next(22)];
                    break;
            }
        }
        return [.. bytes];
    }

    private static void ReadAll(Certificate certificate)
    {
        _ = (certificate.SubjectKeyIdentifier(), certificate.AuthorityKeyIdentifier(), certificate.KeyUsage(), certificate.ExtendedKeyUsages(), certificate.Policies());
        _ = (certificate.IsCertificateAuthority(), certificate.OcspUrls(), certificate.CaIssuersUrls(), certificate.CrlUrls(), certificate.Qualified(), certificate.SubjectEmail(), certificate.PrivateKeyUsagePeriod());
        certificate.Signed.Verify(certificate.PublicKey);
    }

    private static void ReadAll(SignedData data)
    {
        foreach (SignerInfo signer in data.Signers)
            _ = data.FindCertificate(signer) is { } certificate && signer.Verify(certificate);
        data.Encode();
    }

    private static Dictionary<string, byte[]> MakeSeeds()
    {
        using var authority = new Authority();
        (MemorySigner key, Certificate person) = authority.Person();
        (MemorySigner unitKey, Certificate unit) = authority.TimestampUnit();
        (MemorySigner responderKey, Certificate responder) = authority.Responder();
        DateTimeOffset now = Authority.Now;
        var info = new TstInfo
        {
            Policy = Oids.PolicyBestPracticeTimestamp,
            Imprint = MessageImprint.Of(DigestAlgorithm.Sha256, SHA256.HashData([])),
            SerialNumber = new byte[] { 1 },
            GenTime = now,
            Accuracy = new TimestampAccuracy(0, 500, 1),
            Extensions = [TstInfo.Qualified],
        };
        byte[] token = Wait(TimestampToken.SignAsync(info, unit, unitKey, [unit], default));
        SignedAttributes attributes = SignedAttributes.Create(Oids.Data, SHA256.HashData([]), person, now);
        SignerInfo signer = SignerInfo.Create(person, key.Algorithm, attributes, Wait(key.SignAsync(attributes.ToBeSigned, default)))
            .WithUnsigned(new CmsAttribute(Oids.SignatureTimestamp, token));
        CertId id = CertId.Create(authority.Issuer, person.SerialNumber);
        return new()
        {
            ["certificate"] = person.Encoded.ToArray(),
            ["request"] = Wait(CertificationRequest.SignAsync(person.Subject, person.PublicKey, key, default)),
            ["cms"] = SignedData.Create(Oids.Data, null, signer, person, authority.Issuer).Encode(),
            ["token"] = token,
            ["tsq"] = new TimestampRequest { Imprint = info.Imprint, Policy = info.Policy, Nonce = new byte[] { 1, 2, 3 }, CertificateRequested = true }.Encode(),
            ["tsr"] = TimestampResponse.Granted(token),
            ["ocsp request"] = OcspRequest.Encode([id, id], new byte[32]),
            ["ocsp response"] = Wait(BasicOcspResponse.SignAsync(
                [new SingleResponse { Certificate = id, Status = OcspCertificateStatus.Revoked, RevokedAt = now, Reason = RevocationReason.KeyCompromise, ThisUpdate = now, NextUpdate = now }],
                now, new byte[32], responder, responderKey, default)),
            ["crl"] = Authority.Sign(new TbsCertificateList
            {
                Algorithm = key.Algorithm, Issuer = authority.Issuer, ThisUpdate = now, NextUpdate = now.AddDays(1), Number = 1,
                Revoked = [new RevokedCertificate(person.SerialNumber, now, RevocationReason.KeyCompromise, now), new RevokedCertificate(new byte[] { 1 }, now)],
                DistributionPoint = "http://ca.example/crl", OnlyUserCertificates = true, ExpiredCertsSince = now,
            }, authority),
            ["qcStatements"] = (QcStatementsTests.Natural with { RetentionYears = 15, RegistrationAuthorities = ["https://id.example/scheme"] }).Encode(),
        };
    }

    private static byte[] Wait(ValueTask<byte[]> task) => task.AsTask().GetAwaiter().GetResult();
}
