using System.Security.Cryptography;
using Pechat.CertificateAuthority.Authorities;
using Pechat.CertificateAuthority.Issuance;
using Pechat.Pki;

namespace Pechat.CertificateAuthority.Tests.Issuance;

internal sealed class ProfileTests
{
    private static readonly Profile Good = new Profiles(new CertificateAuthorityOptions()).Find("personal-qualified")!;
    private static readonly Profile Unit = new Profiles(new CertificateAuthorityOptions()).Find("timestamp-unit")!;

    private static IEnumerable<TestCaseData> BadProfiles()
    {
        yield return Case("no policy", Good with { Policies = [] });
        yield return Case("two qualified policies", Good with { Policies = [.. Good.Policies, new() { Oid = Oids.PolicyQcpNatural }] });
        yield return Case("policy of a seal", Good with { Policies = [new() { Oid = Oids.PolicyQcpLegalQscd }] });
        yield return Case("QSCD policy without the statement", Good with { Qualified = Good.Qualified! with { Device = false } });
        yield return Case("the statement without QSCD policy", Good with { Policies = [new() { Oid = Oids.PolicyQcpNatural }] });
        yield return Case("qualified policy without statements", Good with { Qualified = null });
        yield return Case("disclosure over http", Good with { Qualified = Good.Qualified! with { Disclosures = [new() { Url = "http://pechat.example/en.pdf", Language = "en" }] } });
        yield return Case("disclosure with a language of three letters", Good with { Qualified = Good.Qualified! with { Disclosures = [.. Good.Qualified!.Disclosures, new() { Url = "https://pechat.example/x.pdf", Language = "bul" }] } });
        yield return Case("no disclosure in English", Good with { Qualified = Good.Qualified! with { Disclosures = [Good.Qualified!.Disclosures[1]] } });
        yield return Case("certificate signing", Good with { KeyUsage = [KeyUsages.NonRepudiation, KeyUsages.KeyCertSign] });
        yield return Case("encipherment", Good with { KeyUsage = [KeyUsages.NonRepudiation, KeyUsages.KeyEncipherment] });
        yield return Case("no key usage", Good with { KeyUsage = [] });
        yield return Case("weak key", Good with { Keys = ["RSA-1024"] });
        yield return Case("anyPolicy", Good with { Policies = [.. Good.Policies, new() { Oid = Oids.AnyPolicy }] });
        yield return Case("no validity", Good with { Years = 0 });
        yield return Case("TSU with a second purpose", Unit with { ExtendedKeyUsage = [Oids.KpTimeStamping, Oids.KpDocumentSigning] });
        yield return Case("TSU that signs to the end", Unit with { SigningYears = Unit.Years });

        static TestCaseData Case(string name, Profile profile) => new TestCaseData(profile).SetArgDisplayNames(name);
    }

    [Test]
    public void Built_in_profiles_have_no_problem() => Assert.That(Good.Problems().Concat(Unit.Problems()), Is.Empty);

    [TestCaseSource(nameof(BadProfiles)), Property("Clause", "EN 319 412-2 §4, EN 319 412-5 §4")]
    public void Profile_that_contradicts_a_standard_is_refused(object profile) => Assert.That(((Profile)profile).Problems(), Is.Not.Empty);

    [Test]
    public void Unknown_key_in_a_profile_stops_the_start()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("profiles-");
        File.WriteAllText(Path.Combine(directory.FullName, "x.yaml"), "name: x\nyears: 3\nlifetime: 3\n");
        Assert.That(() => new Profiles(new CertificateAuthorityOptions { ProfileDirectory = directory.FullName }), Throws.TypeOf<ProfileException>().With.Message.Contain("lifetime"));
        directory.Delete(recursive: true);
    }

    private static IEnumerable<TestCaseData> BrokenCertificates()
    {
        yield return Case("serial_number_range", tbs => tbs with { SerialNumber = new byte[] { 1 } });
        yield return Case("issuer_name_mismatch", tbs => tbs with { Issuer = tbs.Subject });
        yield return Case("validity_length", tbs => tbs with { NotAfter = tbs.NotAfter.AddDays(1) });
        yield return Case("validity_outlives_issuer", tbs => tbs with { NotAfter = tbs.NotAfter.AddYears(40) });
        yield return Case("ca_extension_in_end_entity", tbs => tbs with { Extensions = [.. tbs.Extensions, CertificateExtensions.CertificateAuthority()] });
        yield return Case("structure", tbs => tbs with { Extensions = [.. tbs.Extensions, tbs.Extensions[0]] });
        yield return Case("criticality", tbs => Replace(tbs, new Extension(Oids.QcStatements, true, tbs.Extensions.First(each => each.Oid == Oids.QcStatements).Value)));
        yield return Case("key_usage", tbs => Replace(tbs, CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature)));
        yield return Case("policies", tbs => Replace(tbs, CertificateExtensions.Policies(new CertificatePolicy(Oids.PolicyQcpNaturalQscd), new CertificatePolicy(Oids.AnyPolicy))));
        yield return Case("access_urls", tbs => Replace(tbs, CertificateExtensions.CrlDistributionPoint("https://ca.example/crl")));
        yield return Case("authority_key_identifier", tbs => Replace(tbs, CertificateExtensions.AuthorityKeyIdentifier(new byte[20])));
        yield return Case("qc_type", tbs => Replace(tbs, CertificateExtensions.Qualified(Statements(tbs) with { Type = Oids.QcTypeEseal })));
        yield return Case("qc_sscd", tbs => Replace(tbs, CertificateExtensions.Qualified(Statements(tbs) with { QualifiedDevice = false })));
        yield return Case("qc_compliance", tbs => Replace(tbs, CertificateExtensions.Qualified(Statements(tbs) with { Compliance = false })));
        yield return Case("qc_pds", tbs => Replace(tbs, CertificateExtensions.Qualified(Statements(tbs) with { Disclosures = [] })));
        yield return Case("qc_legislation", tbs => Replace(tbs, CertificateExtensions.Qualified(Statements(tbs) with { Legislations = ["CH"] })));
        yield return Case("qc_semantics", tbs => Replace(tbs, CertificateExtensions.Qualified(Statements(tbs) with { Semantics = Oids.SemanticsLegal })));
        yield return Case("qc_statements_missing", tbs => tbs with { Extensions = [.. tbs.Extensions.Where(each => each.Oid != Oids.QcStatements)] });
        yield return Case("common_name", tbs => tbs with { Subject = new DistinguishedName([.. tbs.Subject.Attributes, tbs.Subject.Attributes[^1]]) });
        yield return Case("person_only", tbs => tbs with { Subject = new DistinguishedName([tbs.Subject.Attributes[0], new(Oids.Organization, "Example"), .. tbs.Subject.Attributes.Skip(1)]) });

        static TestCaseData Case(string rule, Func<TbsCertificate, TbsCertificate> change) => new TestCaseData(rule, change).SetArgDisplayNames(rule);
    }

    [TestCaseSource(nameof(BrokenCertificates)), Property("Clause", "RFC 5280 §4.2, EN 319 412-2, EN 319 412-5")]
    public async Task Lint_finds_the_planted_fault_and_passes_without_it(string rule, object change)
    {
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var holderKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Authority issuer = MakeIssuer(issuerKey);
        var holder = new Holder(new DistinguishedName([new(Oids.Country, "BG"), new(Oids.GivenName, "Мария"), new(Oids.SerialNumber, "PNOBG-8001014509"), new(Oids.CommonName, "Мария")]), null, null);
        TbsCertificate good = new CertificateTemplate(new CertificateAuthorityOptions())
            .Build(Good, holder, SubjectPublicKey.FromTrusted(holderKey), issuer, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        Assert.That(await Lints.FindAsync(good.Encode(), Good, issuer, CancellationToken.None), Is.Empty);

        byte[] broken = ((Func<TbsCertificate, TbsCertificate>)change)(good).Encode();
        Assert.That(await Lints.FindAsync(broken, Good, issuer, CancellationToken.None), Has.Some.StartsWith(rule));
    }

    private static QcStatements Statements(TbsCertificate tbs) => QcStatements.Parse(tbs.Extensions.First(each => each.Oid == Oids.QcStatements).Value);

    private static TbsCertificate Replace(TbsCertificate tbs, Extension extension) =>
        tbs with { Extensions = [.. tbs.Extensions.Select(each => each.Oid == extension.Oid ? extension : each)] };

    private static Authority MakeIssuer(ECDsa key)
    {
        var signer = new MemorySigner(key, SignatureAlgorithm.EcdsaSha384);
        var spki = SubjectPublicKey.FromTrusted(key);
        var name = new DistinguishedName([new(Oids.Country, "BG"), new(Oids.Organization, "Example Ltd"), new(Oids.CommonName, "Example CA")]);
        byte[] tbs = new TbsCertificate
        {
            SerialNumber = TbsCertificate.NewSerial(), Algorithm = signer.Algorithm, Issuer = name, Subject = name, PublicKey = spki,
            NotBefore = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), NotAfter = new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero),
            Extensions = [CertificateExtensions.CertificateAuthority(0), CertificateExtensions.KeyUsage(KeyUsages.KeyCertSign | KeyUsages.CrlSign), CertificateExtensions.SubjectKeyIdentifier(spki)],
        }.Encode();
        return new Authority("people-ca", "root", Certificate.Parse(SignedObject.SignAsync(tbs, signer, default).AsTask().GetAwaiter().GetResult()), signer);
    }
}
