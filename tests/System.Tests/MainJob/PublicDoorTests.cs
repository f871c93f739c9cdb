using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Pechat.DevHost.MainJob;
using Pechat.Testing;

namespace Pechat.SystemTests.MainJob;

/// <summary>The whole system as outsiders meet it.</summary>
[NonParallelizable]
internal sealed class PublicDoorTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [TestCaseSource(typeof(WholeHouse), nameof(WholeHouse.SignedFiles))]
    public async Task One_changed_byte_fails_the_validation(string file)
    {
        byte[] pdf = await File.ReadAllBytesAsync(WholeHouse.Demo(file));
        pdf[pdf.AsSpan().IndexOf("stream\n"u8) + 10] ^= 1; // in the content of the first stream, which every signature covers
        using var files = new Scratch();

        string refusal = "";
        try
        {
            await Outcome.ValidateAsync(WholeHouse.Door, "", files.Write("changed.pdf", pdf), None);
        }
        catch (StepFailedException e)
        {
            refusal = e.Message;
        }

        Assert.That(refusal, Does.Contain("TOTAL-FAILED"));
    }

    [Test, Requirement("S0-30")]
    public async Task The_register_of_the_summary_shows_the_certificate_to_people_and_programmes()
    {
        JsonNode summary = JsonNode.Parse(await File.ReadAllTextAsync(WholeHouse.Demo("summary.json")))!;
        using X509Certificate2 signer = X509CertificateLoader.LoadCertificateFromFile(WholeHouse.Demo("signer.pem"));
        string page = new Uri((string)summary["register"]!).AbsolutePath, number = signer.Subject.Split("PNOBG-")[1][..10];

        JsonNode found = await WholeHouse.Door.GetAsync($"{page}/v1/certificates?name=примерова&email={WholeHouse.Person.Email}", null, None);
        using HttpResponseMessage shown = await WholeHouse.Door.SendAsync(new(HttpMethod.Get, $"{page}?serial={signer.SerialNumber}&lang=en"), null, None);
        string html = await shown.Content.ReadAsStringAsync();
        using HttpResponseMessage file = await WholeHouse.Door.SendAsync(new(HttpMethod.Get, (string)found["certificates"]![0]!["certificate"]!), null, None);
        byte[] der = await file.Content.ReadAsByteArrayAsync();

        JsonNode item = found["certificates"]!.AsArray().Single()!;
        Assert.Multiple(() =>
        {
            Assert.That((string?)item["serial"], Is.EqualTo(signer.SerialNumber));
            Assert.That((string?)item["status"], Is.EqualTo("valid"));
            Assert.That(der, Is.EqualTo(signer.RawData), "its holder agreed to publication");
            Assert.That(html, Does.Contain(signer.SerialNumber).And.Contain(">valid<"));
            Assert.That(found.ToJsonString() + html, Does.Not.Contain(number), "never a personal number");
        });
    }

    [Test]
    public async Task The_summary_lets_any_csc_client_sign()
    {
        JsonNode summary = JsonNode.Parse(await File.ReadAllTextAsync(WholeHouse.Demo("summary.json")))!;
        string credential = (string)summary["credentials"]![0]!["id"]!;
        byte[] pdf = await File.ReadAllBytesAsync(WholeHouse.Sample("classic.pdf"));

        byte[] signed = await WholeHouse.WithPhone(() => new Csc(WholeHouse.Door, (string)summary["accessToken"]!).SignPdfAsync(credential, "again.pdf", pdf, None));

        Assert.That(signed.AsSpan(0, pdf.Length).SequenceEqual(pdf), "a signature is added behind a text that is never rewritten");
    }
}
