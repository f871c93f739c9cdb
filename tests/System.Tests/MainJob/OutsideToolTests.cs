using System.Globalization;
using System.Text.RegularExpressions;

namespace Pechat.SystemTests.MainJob;

/// <summary>What the house made is judged by programmes that know nothing of it.</summary>
internal sealed partial class OutsideToolTests
{
    [TestCaseSource(typeof(WholeHouse), nameof(WholeHouse.SignedFiles))]
    public void Poppler_finds_our_signature_valid_and_over_the_whole_document(string file)
    {
        string last = Tool.Succeed("pdfsig", "-nocert", WholeHouse.Demo(file)).Split("Signature #")[^1];

        Assert.That(last, Does.Contain("Signature Validation: Signature is Valid.").And.Contain("Total document signed"));
    }

    [TestCaseSource(typeof(WholeHouse), nameof(WholeHouse.SignedFiles))]
    public void Qpdf_finds_no_fault(string file) => Tool.Succeed("qpdf", "--check", WholeHouse.Demo(file));

    [TestCaseSource(typeof(WholeHouse), nameof(WholeHouse.SignedFiles))]
    public void OpenSsl_verifies_the_cms_against_our_root(string file)
    {
        byte[] pdf = File.ReadAllBytes(WholeHouse.Demo(file));
        Match range = ByteRange().Matches(System.Text.Encoding.Latin1.GetString(pdf))[^1];
        int[] at = [.. range.Groups.Values.Skip(1).Select(g => int.Parse(g.Value, CultureInfo.InvariantCulture))];
        string hex = System.Text.Encoding.ASCII.GetString(pdf, at[1] + 1, at[2] - at[1] - 2); // without the angle brackets
        using var files = new Scratch();
        string cms = files.Write("cms.der", Convert.FromHexString(hex)), content = files.Write("content", [.. pdf[..at[1]], .. pdf[at[2]..(at[2] + at[3])]]);

        Tool.Succeed("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", cms, "-content", content, "-out", "/dev/null",
            "-CAfile", WholeHouse.Demo("trust/root.pem"), "-purpose", "any");
    }

    [Test]
    public void OpenSsl_verifies_the_chain() =>
        Tool.Succeed("openssl", "verify", "-x509_strict", "-CAfile", WholeHouse.Demo("trust/root.pem"), "-untrusted", WholeHouse.Demo("trust/chain.pem"), WholeHouse.Demo("signer.pem"));

    [Test]
    public void OpenSsl_verifies_a_time_stamp_from_the_public_address()
    {
        using var files = new Scratch();
        string data = files.Write("data", "to be stamped"u8.ToArray()), query = files.Path("query.tsq"), answer = files.Path("answer.tsr");
        Tool.Succeed("openssl", "ts", "-query", "-data", data, "-sha256", "-cert", "-out", query);
        Tool.Succeed("curl", "-sSf", "-H", "Content-Type: application/timestamp-query", "--data-binary", $"@{query}", "-o", answer, $"{WholeHouse.Layout.PlainBase}tsa");

        Tool.Succeed("openssl", "ts", "-verify", "-queryfile", query, "-in", answer, "-CAfile", WholeHouse.Demo("trust/root.pem"), "-untrusted", WholeHouse.Demo("trust/chain.pem"));
    }

    [Test]
    public void OpenSsl_asks_our_ocsp_and_gets_a_good_status()
    {
        string output = Tool.Succeed("openssl", "ocsp", "-issuer", WholeHouse.Demo("trust/chain.pem"), "-cert", WholeHouse.Demo("signer.pem"),
            "-url", $"{WholeHouse.Layout.PlainBase}ocsp", "-CAfile", WholeHouse.Demo("trust/root.pem"));

        Assert.That(output, Does.Contain("Response verify OK").And.Contain("signer.pem: good"));
    }

    [Test]
    public void OpenSsl_verifies_our_crl()
    {
        using var files = new Scratch();
        string crl = files.Path("people-ca.crl");
        Tool.Succeed("curl", "-sSf", "-o", crl, $"{WholeHouse.Layout.PlainBase}crl/people-ca.crl");

        Assert.That(Tool.Succeed("openssl", "crl", "-inform", "DER", "-in", crl, "-noout", "-CAfile", WholeHouse.Demo("trust/chain.pem")), Does.Contain("verify OK"));
    }

    [GeneratedRegex(@"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")]
    private static partial Regex ByteRange();
}
