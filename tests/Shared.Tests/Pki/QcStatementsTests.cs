using System.Formats.Asn1;
using Pechat.Pki;

namespace Pechat.Shared.Tests.Pki;

/// <summary>Expected bytes were computed with openssl asn1parse for EN 319 412-5.</summary>
internal sealed class QcStatementsTests
{
    internal static readonly QcStatements Natural = new()
    {
        Compliance = true,
        QualifiedDevice = true,
        Type = Oids.QcTypeEsign,
        Disclosures = [new("https://pds.example/en.pdf", "en")],
        Semantics = Oids.SemanticsNatural,
    };

    [Test, Property("Clause", "EN 319 412-5 §4")]
    public void Statements_of_a_natural_person_are_the_published_bytes() => Assert.That(
        Convert.ToHexString(Natural.Encode()),
        Is.EqualTo("306E3008060604008E4601013008060604008E4601043013060604008E4601063009060704008E46010601302C060604008E46010530223020161A68747470733A2F2F7064732E6578616D706C652F656E2E7064661302656E301506082B06010505070B023009060704008BEC490101"));

    [Test, Property("Clause", "EN 319 412-5 §4")]
    public void Minimal_statements_are_the_published_bytes() => Assert.That(
        Convert.ToHexString(new QcStatements { Compliance = true, QualifiedDevice = true, Type = Oids.QcTypeEsign }.Encode()),
        Is.EqualTo("30293008060604008E4601013008060604008E4601043013060604008E4601063009060704008E46010601"));

    [Test, Property("Clause", "EN 319 412-1 §5.1")]
    public void Registration_authority_follows_the_semantics() => Assert.That(
        Convert.ToHexString(new QcStatements { Semantics = Oids.SemanticsNatural, RegistrationAuthorities = ["https://id.example/scheme"] }.Encode()),
        Is.EqualTo("3034" + "303206082B06010505070B023026060704008BEC490101301B861968747470733A2F2F69642E6578616D706C652F736368656D65"));

    [Test]
    public void What_was_written_is_read()
    {
        QcStatements full = Natural with { RetentionYears = 15, Legislations = ["CH"], RegistrationAuthorities = ["https://id.example/scheme"] };
        QcStatements read = QcStatements.Parse(full.Encode());
        Assert.Multiple(() =>
        {
            Assert.That(read.Compliance && read.QualifiedDevice, Is.True);
            Assert.That(read.Type, Is.EqualTo(Oids.QcTypeEsign));
            Assert.That(read.Disclosures, Is.EqualTo(full.Disclosures));
            Assert.That(read.RetentionYears, Is.EqualTo(15));
            Assert.That(read.Legislations, Is.EqualTo(full.Legislations));
            Assert.That(read.Semantics, Is.EqualTo(Oids.SemanticsNatural));
            Assert.That(read.RegistrationAuthorities, Is.EqualTo(full.RegistrationAuthorities));
            Assert.That(read.Others, Is.Empty);
        });
    }

    [TestCase("301030080606 04008E460101 3004 0600 0500", TestName = "garbage inside")]
    [TestCase("301D 301B 0606 04008E460106 3011 0607 04008E46010601 0606 04008E460101", TestName = "two types")]
    [TestCase("3014 3008 0606 04008E460101 3008 0606 04008E460101", TestName = "one statement twice")]
    [TestCase("300C 300A 0606 04008E460101 0500", TestName = "QcCompliance with statementInfo")]
    [Property("Clause", "EN 319 412-5 §4")]
    public void Contradictions_are_refused(string hex) =>
        Assert.That(() => QcStatements.Parse(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))), Throws.TypeOf<AsnContentException>());
}
