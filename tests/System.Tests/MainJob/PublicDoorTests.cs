using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Pechat.DevHost.MainJob;

namespace Pechat.SystemTests.MainJob;

/// <summary>The whole system as outsiders meet it, also after a part of it was killed.</summary>
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

    [Test]
    public async Task The_summary_lets_any_csc_client_sign()
    {
        JsonNode summary = JsonNode.Parse(await File.ReadAllTextAsync(WholeHouse.Demo("summary.json")))!;
        string credential = (string)summary["credentials"]![0]!["id"]!;
        byte[] pdf = await File.ReadAllBytesAsync(WholeHouse.Sample("classic.pdf"));

        byte[] signed = await WholeHouse.WithPhone(() => new Csc(WholeHouse.Door, (string)summary["accessToken"]!).SignPdfAsync(credential, "again.pdf", pdf, None));

        Assert.That(signed.AsSpan(0, pdf.Length).SequenceEqual(pdf), "a signature is added behind a text that is never rewritten");
    }

    [TestCase("signing"), TestCase("signature-activation"), TestCase("identity"), TestCase("billing"), TestCase("timestamping"), TestCase("rabbitmq")]
    public async Task After_a_kill_signing_works_again(string victim)
    {
        JsonNode summary = JsonNode.Parse(await File.ReadAllTextAsync(WholeHouse.Demo("summary.json")))!;
        var csc = new Csc(WholeHouse.Door, (string)summary["accessToken"]!);
        string credential = (string)summary["credentials"]![0]!["id"]!;
        byte[] pdf = await File.ReadAllBytesAsync(WholeHouse.Sample("classic.pdf"));
        int id = int.Parse((await File.ReadAllTextAsync(Path.Combine(WholeHouse.Layout.Processes, victim))).Split(' ')[0], CultureInfo.InvariantCulture);

        using (Process process = Process.GetProcessById(id))
            process.Kill();

        byte[] signed = await WholeHouse.WithPhone(() => UntilSignedAsync(csc, credential, pdf));
        Assert.That(signed, Has.Length.GreaterThan(pdf.Length));
    }

    /// <summary>While the victim starts again a caller is refused; nothing else may go wrong.</summary>
    private static Task<byte[]> UntilSignedAsync(Csc csc, string credential, byte[] pdf) => Polling.UntilAsync(async () =>
    {
        try
        {
            return await csc.SignPdfAsync(credential, "after-kill.pdf", pdf, None);
        }
        catch (RefusedException refused) when (refused.Status is 429 or 503)
        {
            return [];
        }
    }, signed => signed.Length > 0, TimeSpan.FromSeconds(90), "signing did not work again", None);
}
