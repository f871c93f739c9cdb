using Microsoft.AspNetCore.Http;
using Pechat.Contracts;
using Pechat.Pki;
using Pechat.Signing.Credentials;
using Pechat.Signing.Csc;

namespace Pechat.Signing.Tests.Csc;

/// <summary>Pure logic: digests, algorithms, parameters, names.</summary>
[TestFixture]
internal sealed class ParsingTests
{
    [TestCase("+/8=", "FBFF")]
    [TestCase("-_8", "FBFF")]
    [TestCase("%2B%2F8%3D", "FBFF")]
    [TestCase("+/8", "FBFF")]
    [TestCase("", null)]
    [TestCase("====", null)]
    [TestCase("A", null)]
    [TestCase("AA AA", null)]
    [TestCase("AA\nAA", null)]
    [TestCase("***", null)]
    [TestCase("%zz", null)]
    [Property("Clause", "CSC API reference D-13")]
    public void Digest_is_decoded_in_every_alphabet_and_nothing_else(string text, string? hex) =>
        Assert.That(Digests.DecodeOne(text) is { } bytes ? Convert.ToHexString(bytes) : null, Is.EqualTo(hex));

    // Values of the table in section 8.4 of the CSC reference.
    [TestCase("MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEg", "SHA-256", 32)]
    [TestCase("MDCgDTALBglghkgBZQMEAgGhGjAYBgkqhkiG9w0BAQgwCwYJYIZIAWUDBAIBogMCASA=", "SHA-256", 32)]
    [TestCase("MDSgDzANBglghkgBZQMEAgIFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgIFAKIDAgEw", "SHA-384", 48)]
    [TestCase("MDSgDzANBglghkgBZQMEAgMFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgMFAKIDAgFA", "SHA-512", 64)]
    [TestCase("MDmgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEgowMCAQE=", "SHA-256", 32)]
    [TestCase("MDGgCzAJBgUrDgMCGgUAoRgwFgYJKoZIhvcNAQEIMAkGBSsOAwIaBQCiAwIBFKMDAgEB", null, 0)] // all SHA-1
    [TestCase("MAA=", null, 0)] // the defaults are SHA-1
    [TestCase("MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgIFAKIDAgEg", null, 0)] // another hash in MGF1
    [TestCase("MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEgAA==", null, 0)] // trailing byte
    [TestCase("MDmgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEgowMCAQI=", null, 0)] // trailer 2
    [Property("Clause", "RFC 8017 A.2.3")]
    public void Pss_parameters_are_read_or_refused(string base64, string? hash, int salt)
    {
        RsaPssParameters? parameters = RsaPssParameters.TryParse(Convert.FromBase64String(base64));
        Assert.That((parameters?.Hash.DisplayName, parameters?.SaltLength ?? 0), Is.EqualTo((hash, salt)));
    }

    [TestCase("SHA-256", "MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEg")]
    [TestCase("SHA-512", "MDSgDzANBglghkgBZQMEAgMFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgMFAKIDAgFA")]
    public void Pss_parameters_are_written_as_the_table_says(string hash, string base64)
    {
        DigestAlgorithm algorithm = DigestAlgorithm.All.Single(each => each.DisplayName == hash);
        Assert.That(Convert.ToBase64String(new RsaPssParameters(algorithm, algorithm.Length).Encode()), Is.EqualTo(base64));
    }

    [TestCase("1.2.840.113549.1.1.10", 222, true)]
    [TestCase("1.2.840.113549.1.1.10", 223, false)]
    [TestCase("1.2.840.113549.1.1.10", 0, true)]
    [Property("Clause", "CSC API reference 11.9 no. 113")]
    public void Salt_may_be_as_long_as_the_key_allows(string signAlgo, int salt, bool accepted)
    {
        string parameters = Convert.ToBase64String(new RsaPssParameters(DigestAlgorithm.Sha256, salt).Encode());
        RequestedAlgorithm Resolve() => RequestedAlgorithm.Resolve(signAlgo, parameters, null, KeyAlgorithm.Named("RSA-2048"));
        if (accepted)
            Assert.That(RsaPssParameters.TryParse(Resolve().Parameters)!.SaltLength, Is.EqualTo(salt));
        else
            Assert.That(Resolve, Throws.InstanceOf<FaultException>().With.Message.EqualTo("Invalid parameter signAlgoParams"));
    }

    [Test]
    public void Pss_without_parameters_needs_the_hash()
    {
        KeyAlgorithm key = KeyAlgorithm.Named("RSA-3072");
        Assert.That(() => RequestedAlgorithm.Resolve(Oids.RsaPss, null, null, key), Throws.InstanceOf<FaultException>().With.Message.EqualTo("Missing (or invalid type) string parameter signAlgoParams"));
        Assert.That(RsaPssParameters.TryParse(RequestedAlgorithm.Resolve(Oids.RsaPss, null, DigestAlgorithm.Sha384.Oid, key).Parameters)!.SaltLength, Is.EqualTo(48));
    }

    [TestCase("P-256", "1.2.840.10045.4.3.2")]
    [TestCase("P-384", "1.2.840.10045.4.3.3")]
    [TestCase("RSA-2048", "1.2.840.113549.1.1.11")]
    [Property("Clause", "CSC API reference D-10")]
    public void Preferred_algorithm_comes_first_and_is_combined(string key, string oid) =>
        Assert.That(KeyAlgorithm.Named(key).SignAlgorithms[0], Is.EqualTo(oid));

    [Test, Property("Clause", "RFC 4514")]
    public void Names_are_written_for_java_too()
    {
        var name = new DistinguishedName([
            new NameAttribute(Oids.Country, "BG"), new NameAttribute(Oids.Organization, "Ivanov, \"Sons\" + Co; <x>\\"),
            new NameAttribute(Oids.OrganizationIdentifier, "NTRBG-1"), new NameAttribute(Oids.Surname, "Тестов"),
            new NameAttribute(Oids.SerialNumber, "PNOBG-8001014509"), new NameAttribute(Oids.CommonName, "#Иван "),
        ]);
        Assert.That(Rfc4514.Render(name.Encoded), Is.EqualTo(
            "CN=\\#Иван\\ ,serialNumber=PNOBG-8001014509,surname=Тестов,2.5.4.97=#0c074e545242472d31,O=Ivanov\\, \\\"Sons\\\" \\+ Co\\; \\<x\\>\\\\,C=BG"));
    }

    [TestCase("{\"a\":1,\"a\":2}")]
    [TestCase("[1]")]
    [TestCase("nonsense")]
    [TestCase("{} {}")]
    [Property("Clause", "CSC API reference 4.7")]
    public void Body_that_is_not_one_object_is_refused(string json) =>
        Assert.That(() => CscRequest.Parse(System.Text.Encoding.UTF8.GetBytes(json)), Throws.InstanceOf<FaultException>().With.Property("Code").EqualTo("invalid_request"));

    [Test]
    public void Body_larger_than_its_limit_is_refused_even_without_a_length()
    {
        var http = new DefaultHttpContext { Request = { Body = new MemoryStream(new byte[5000]), ContentType = "application/json" } };
        Assert.That(async () => await CscRequest.ReadAsync(http, maxBytes: 4999), Throws.InstanceOf<BadHttpRequestException>().With.Property("StatusCode").EqualTo(413));
    }
}
