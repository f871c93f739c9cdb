using System.Security.Cryptography;
using System.Text;
using System.Xml;
using Pechat.AdES;
using Pechat.AdES.Xades;

namespace Pechat.Shared.Tests.AdES.Xades;

/// <summary>Canonical XML; expected values are the examples of the recommendations and ades.md KAT-5.</summary>
[TestFixture]
internal sealed class CanonicalizerTests
{
    private const string Known = """<doc xmlns="urn:app"><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="S1"><ds:SignatureValue Id="SV1">AQID</ds:SignatureValue><ds:Object><xades:QualifyingProperties xmlns:xades="http://uri.etsi.org/01903/v1.3.2#" Target="#S1"><xades:SignedProperties Id="SP1"><xades:SignedSignatureProperties><xades:SigningTime>2026-01-02T03:04:05Z</xades:SigningTime></xades:SignedSignatureProperties></xades:SignedProperties></xades:QualifyingProperties></ds:Object></ds:Signature></doc>""";

    [TestCase("SP1", "Inclusive", "Yh0nFPvK0maVfDxqLK7BymOew4SLILA8lr1M0PXPUHE=")]
    [TestCase("SP1", "Inclusive11", "Yh0nFPvK0maVfDxqLK7BymOew4SLILA8lr1M0PXPUHE=")]
    [TestCase("SP1", "Exclusive", "6NLYPu6pV22LrfKt8vJE0HGRCqpdRv/ze+8PcuAMH3A=")]
    [TestCase("SV1", "Inclusive", "2BdIZMbKOTuDQVdMcIdeMhrv23sSlS8AiDYMbok/w/Y=")]
    [TestCase("SV1", "Exclusive", "mC38DY6qDVSF+SmR5CgkaNtQqnMJ6RB9DJ/IT3hvCaM=")]
    public void Known_elements_have_the_known_digests(string id, string form, string expected)
    {
        XmlDocument document = SignedXmlReader.Read(Encoding.UTF8.GetBytes(Known));
        byte[] octets = Canonicalizer.Of(SignedXmlReader.Find(document, id)!, Enum.Parse<CanonicalForm>(form));
        Assert.That(Convert.ToBase64String(SHA256.HashData(octets)), Is.EqualTo(expected));
    }

    [Test, Property("Clause", "Canonical XML 1.0 3.3")]
    public void Tags_are_written_as_the_recommendation_shows()
    {
        const string xml = """
            <doc>
               <e1   />
               <e3   name = "elem3"   id="elem3"   />
               <e5 a:attr="out" b:attr="sorted" attr2="all" attr="I'm" xmlns:b="http://www.ietf.org" xmlns:a="http://www.w3.org" xmlns="http://example.org"/>
               <e6 xmlns="" xmlns:a="http://www.w3.org">
                  <e7 xmlns="http://www.ietf.org">
                     <e8 xmlns="" xmlns:a="http://www.w3.org">
                        <e9 xmlns="" xmlns:a="http://www.ietf.org"/>
                     </e8>
                  </e7>
               </e6>
            </doc>
            """;
        const string expected = """
            <doc>
               <e1></e1>
               <e3 id="elem3" name="elem3"></e3>
               <e5 xmlns="http://example.org" xmlns:a="http://www.w3.org" xmlns:b="http://www.ietf.org" attr="I'm" attr2="all" b:attr="sorted" a:attr="out"></e5>
               <e6 xmlns:a="http://www.w3.org">
                  <e7 xmlns="http://www.ietf.org">
                     <e8 xmlns="">
                        <e9 xmlns:a="http://www.ietf.org"></e9>
                     </e8>
                  </e7>
               </e6>
            </doc>
            """;
        Assert.That(Of(xml, CanonicalForm.Inclusive), Is.EqualTo(expected));
    }

    [Test, Property("Clause", "Canonical XML 1.0 3.1, 3.4")]
    public void Characters_instructions_and_comments_are_written_as_the_recommendation_shows()
    {
        const string xml = "<?xml version=\"1.0\"?>\n<?style   href=\"doc.xsl\"   ?>\n<doc><text>First line&#x0d;&#10;Second line</text><value>&#x32;</value>"
            + "<compute><![CDATA[value>\"0\" && value<\"10\" ?\"valid\":\"error\"]]></compute><a b=\"1&#9;&#10;&quot;>'\"/><!-- c --></doc>\n<?without?>\n<!-- after -->";
        const string body = "<doc><text>First line&#xD;\nSecond line</text><value>2</value>"
            + "<compute>value&gt;\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"</compute><a b=\"1&#x9;&#xA;&quot;>'\"></a>";
        Assert.That(Of(xml, CanonicalForm.Inclusive), Is.EqualTo("<?style href=\"doc.xsl\"   ?>\n" + body + "</doc>\n<?without?>"));
        Assert.That(Of(xml, CanonicalForm.Inclusive, comments: true), Is.EqualTo("<?style href=\"doc.xsl\"   ?>\n" + body + "<!-- c --></doc>\n<?without?>\n<!-- after -->"));
    }

    [Test, Property("Clause", "Exclusive XML Canonicalization 2.2")]
    public void Element_takes_the_context_of_its_ancestors_or_only_what_it_uses()
    {
        const string xml = """<n0:local xmlns:n0="foo:bar" xmlns:n3="ftp://example.org" xml:lang="bg" xml:space="preserve" xml:id="x"><n1:elem2 Id="e" xmlns:n1="http://example.net" xml:lang="en"><n3:stuff xmlns:n3="ftp://example.org"/></n1:elem2></n0:local>""";
        XmlElement element = SignedXmlReader.Find(SignedXmlReader.Read(Encoding.UTF8.GetBytes(xml)), "e")!;
        Assert.Multiple(() =>
        {
            Assert.That(Text(element, CanonicalForm.Inclusive), Is.EqualTo(
                """<n1:elem2 xmlns:n0="foo:bar" xmlns:n1="http://example.net" xmlns:n3="ftp://example.org" Id="e" xml:id="x" xml:lang="en" xml:space="preserve"><n3:stuff></n3:stuff></n1:elem2>"""));
            Assert.That(Text(element, CanonicalForm.Inclusive11), Is.EqualTo(
                """<n1:elem2 xmlns:n0="foo:bar" xmlns:n1="http://example.net" xmlns:n3="ftp://example.org" Id="e" xml:lang="en" xml:space="preserve"><n3:stuff></n3:stuff></n1:elem2>"""));
            Assert.That(Text(element, CanonicalForm.Exclusive), Is.EqualTo(
                """<n1:elem2 xmlns:n1="http://example.net" Id="e" xml:lang="en"><n3:stuff xmlns:n3="ftp://example.org"></n3:stuff></n1:elem2>"""));
        });
    }

    [Test]
    public void Line_ends_of_other_systems_make_no_difference()
    {
        Assert.That(Of("<a b=\"x\r\ny\">1\r\n2\r3</a>", CanonicalForm.Inclusive), Is.EqualTo(Of("<a b=\"x\ny\">1\n2\n3</a>", CanonicalForm.Inclusive)));
    }

    [TestCase("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")]
    [TestCase("<a Id='x'><b id='x'/></a>")]
    [TestCase("<a xml:id='x'><b ID='x'/></a>")]
    [TestCase("<a>")]
    [TestCase("")]
    public void Dangerous_or_broken_xml_is_refused(string xml) =>
        Assert.That(() => SignedXmlReader.Read(Encoding.UTF8.GetBytes(xml)), Throws.InstanceOf<SignatureException>());

    [Test]
    public void Deep_nesting_is_refused_rather_than_followed() => Assert.That(
        () => SignedXmlReader.Read(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("<a>", 100_000)) + string.Concat(Enumerable.Repeat("</a>", 100_000)))),
        Throws.InstanceOf<SignatureException>());

    private static string Of(string xml, CanonicalForm form, bool comments = false) =>
        Encoding.UTF8.GetString(Canonicalizer.Of(SignedXmlReader.Read(Encoding.UTF8.GetBytes(xml)), form, comments));

    private static string Text(XmlElement element, CanonicalForm form) => Encoding.UTF8.GetString(Canonicalizer.Of(element, form));
}
