using Pechat.CertificateStatus.Ocsp;

namespace Pechat.CertificateStatus.Tests.Ocsp;

/// <summary>The published request of RFC 6960 testing (KAT of pki profiles), in the shapes that clients and proxies give it.</summary>
internal sealed class OcspPathTests
{
    private const string Der = "30433041303F303D303B300906052B0E03021A05000414711D397671C9FACF2242095925979A0698E46B110414DD8E2559E41193C696718E06D36CAE10C536681602021234";
    private const string Base64 = "MEMwQTA/MD0wOzAJBgUrDgMCGgUABBRxHTl2ccn6zyJCCVkll5oGmORrEQQU3Y4lWeQRk8aWcY4G02yuEMU2aBYCAhI0";

    [TestCase("/ocsp/MEMwQTA%2FMD0wOzAJBgUrDgMCGgUABBRxHTl2ccn6zyJCCVkll5oGmORrEQQU3Y4lWeQRk8aWcY4G02yuEMU2aBYCAhI0", TestName = "slash encoded")]
    [TestCase("/ocsp/" + Base64, TestName = "slash as it is")]
    [TestCase("/ocsp//" + Base64, TestName = "slash before")]
    [TestCase("/ocsp/%4D" + "EMwQTA/MD0wOzAJBgUrDgMCGgUABBRxHTl2ccn6zyJCCVkll5oGmORrEQQU3Y4lWeQRk8aWcY4G02yuEMU2aBYCAhI0", TestName = "letter encoded")]
    [Property("Clause", "RFC 6960 appendix A.1")]
    public void Request_is_found(string target) => Assert.That(Convert.ToHexString(OcspPath.Decode(target, "/ocsp/")!.Value.Span), Is.EqualTo(Der));

    [TestCase("MAA=", "3000"), TestCase("MAA", "3000"), TestCase("MAA%3D", "3000"), TestCase("Mf//", "31FFFF"), TestCase("Mf%2f/", "31FFFF"), TestCase("Mf++", "31FFBE"), TestCase("Mf%20+", "31FFBE"), TestCase("Mf%2B%2B", "31FFBE")]
    public void Padding_plus_and_double_slash_survive(string text, string hex) =>
        Assert.That(Convert.ToHexString(OcspPath.Decode("/ocsp/" + text, "/ocsp/")!.Value.Span), Is.EqualTo(hex.Replace("31FFBE", Convert.ToHexString(Convert.FromBase64String("Mf++")), StringComparison.Ordinal)));

    [TestCase("/ocsp/"), TestCase("/ocsp"), TestCase("/other/MAA="), TestCase("/ocsp/M"), TestCase("/ocsp/!!!!"), TestCase("/ocsp/%00")]
    public void Anything_else_is_none(string target) => Assert.That(OcspPath.Decode(target, "/ocsp/"), Is.Null);
}
