using System.Security.Cryptography;
using Pechat.Pki;

namespace Pechat.Shared.Tests.Pki;

/// <summary>A root, an issuing CA and end entities with keys in memory; P-256 throughout unless asked otherwise.</summary>
internal sealed class Authority : IDisposable
{
    internal static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly List<AsymmetricAlgorithm> _keys = [];

    internal Authority()
    {
        (RootKey, Root) = Issue(null, null, [new(Oids.Country, "BG"), new(Oids.Organization, "Example Ltd"), new(Oids.CommonName, "Root")],
            key => [CertificateExtensions.CertificateAuthority(), CertificateExtensions.KeyUsage(KeyUsages.KeyCertSign | KeyUsages.CrlSign), CertificateExtensions.SubjectKeyIdentifier(key)]);
        (IssuerKey, Issuer) = Issue(RootKey, Root, [new(Oids.Country, "BG"), new(Oids.Organization, "Example Ltd"), new(Oids.CommonName, "Issuing")],
            key => [CertificateExtensions.CertificateAuthority(0), CertificateExtensions.KeyUsage(KeyUsages.KeyCertSign | KeyUsages.CrlSign), CertificateExtensions.SubjectKeyIdentifier(key)]);
    }

    internal MemorySigner RootKey { get; }

    internal Certificate Root { get; }

    internal MemorySigner IssuerKey { get; }

    internal Certificate Issuer { get; }

    internal (MemorySigner Key, Certificate Certificate) Person(AsymmetricAlgorithm? key = null, SignatureAlgorithm? algorithm = null) =>
        Issue(IssuerKey, Issuer, [new(Oids.Country, "BG"), new(Oids.GivenName, "Мария"), new(Oids.Surname, "Иванова"), new(Oids.SerialNumber, "PNOBG-8001014509"), new(Oids.CommonName, "Мария Иванова")],
            spki =>
            [
                CertificateExtensions.KeyUsage(KeyUsages.NonRepudiation),
                CertificateExtensions.SubjectKeyIdentifier(spki),
                CertificateExtensions.Policies(new CertificatePolicy(Oids.PolicyQcpNaturalQscd), new CertificatePolicy("1.3.6.1.4.1.32473.1.1", "https://example.org/cps")),
                CertificateExtensions.AuthorityInfoAccess("http://ca.example/ca/people-ca.cer", "http://ca.example/ocsp"),
                CertificateExtensions.CrlDistributionPoint("http://ca.example/crl/people-ca.crl"),
                CertificateExtensions.SubjectEmail("maria@example.org"),
                CertificateExtensions.Qualified(QcStatementsTests.Natural),
            ], key, algorithm);

    internal (MemorySigner Key, Certificate Certificate) Responder() =>
        Issue(IssuerKey, Issuer, [new(Oids.Country, "BG"), new(Oids.CommonName, "Responder")], key =>
        [
            CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature), CertificateExtensions.ExtendedKeyUsage(false, Oids.KpOcspSigning),
            CertificateExtensions.OcspNoCheck(), CertificateExtensions.SubjectKeyIdentifier(key),
        ]);

    internal (MemorySigner Key, Certificate Certificate) TimestampUnit() =>
        Issue(IssuerKey, Issuer, [new(Oids.Country, "BG"), new(Oids.CommonName, "TSU 1")], key =>
        [
            CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature), CertificateExtensions.ExtendedKeyUsage(true, Oids.KpTimeStamping),
            CertificateExtensions.PrivateKeyUsagePeriod(Now.AddDays(-1), Now.AddYears(1)), CertificateExtensions.SubjectKeyIdentifier(key),
        ]);

    internal static byte[] Sign(byte[] tbs, ISigner signer) => SignedObject.SignAsync(tbs, signer, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    internal static byte[] Sign(TbsCertificateList tbs, Authority authority) => Sign(tbs.Encode(), authority.IssuerKey);

    public void Dispose() => _keys.ForEach(key => key.Dispose());

    private (MemorySigner, Certificate) Issue(
        MemorySigner? issuerKey, Certificate? issuer, NameAttribute[] subject, Func<SubjectPublicKey, Extension[]> extensions, AsymmetricAlgorithm? key = null, SignatureAlgorithm? algorithm = null)
    {
        key ??= ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _keys.Add(key);
        var signer = new MemorySigner(key, algorithm);
        var spki = SubjectPublicKey.FromTrusted(key);
        var name = new DistinguishedName(subject);
        byte[] tbs = new TbsCertificate
        {
            SerialNumber = TbsCertificate.NewSerial(),
            Algorithm = (issuerKey ?? signer).Algorithm,
            Issuer = issuer?.Subject ?? name,
            NotBefore = Now.AddDays(-1),
            NotAfter = Now.AddYears(30),
            Subject = name,
            PublicKey = spki,
            Extensions = [.. issuer is null ? [] : new[] { CertificateExtensions.AuthorityKeyIdentifier(issuer.SubjectKeyIdentifier()!.Value) }, .. extensions(spki)],
        }.Encode();
        return (signer, Certificate.Parse(Sign(tbs, issuerKey ?? signer)));
    }
}
