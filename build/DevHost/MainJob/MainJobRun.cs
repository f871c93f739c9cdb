using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Pechat.DevHost.MainJob;

/// <summary>The main job through the public door: from an unknown person to signed, validated and archived PDF files.</summary>
/// <param name="layout">The running house.</param>
/// <param name="tell">Takes one line for each step.</param>
internal sealed class MainJobRun(Layout layout, Action<string> tell) : IDisposable
{
    /// <summary>A classic cross-reference table, cross-reference and object streams, and a file that is signed already.</summary>
    internal static readonly string[] Samples = ["classic.pdf", "streams.pdf", "signed-classic.pdf"];

    private readonly Door _door = new(layout);

    /// <summary>The demo customer's phone; from the enrolment on it can be used.</summary>
    public ScriptedPhone Phone { get; private set; } = null!;

    /// <summary>The demo customer.</summary>
    public DemoPerson Person { get; } = DemoPerson.Invent();

    public async Task RunAsync(CancellationToken ct)
    {
        Phone = new ScriptedPhone(_door);
        string enrolment = await StepAsync("register a customer by e-mail and telephone", () => Enrol.RegisterAsync(_door, Person, Phone, ct));
        string verification = await StepAsync("verify the customer's identity", () => Enrol.VerifyAsync(_door, Person, Phone, enrolment, ct));
        await StepAsync("bind the phone", async () => { await Enrol.BindAsync(_door, Phone, verification, enrolment, ct); return Phone.DeviceId; });
        JsonNode issued = await StepAsync("obtain a cloud certificate", () => ObtainCertificate.RunAsync(_door, Phone, "P-256", ct));
        string credential = (string)issued["credentialId"]!;

        using var answering = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task phone = new PhoneLoop(Phone, line => tell($"      {line}")).RunAsync(answering.Token);
        await StepAsync("take a client token for the relying party", () => Login.AsClientAsync(_door, Login.Insurer, ct));
        string token = await StepAsync("log in at the insurer, confirmed on the phone", () => Login.AsCustomerAsync(_door, Login.Insurer, Person.Email, ct));
        var csc = new Csc(_door, token);
        X509Certificate2[] chain = await StepAsync("find the credential by CSC", async () =>
        {
            JsonArray credentials = await Polling.UntilAsync(() => csc.CredentialsAsync(ct), all => all.Count > 0, TimeSpan.FromSeconds(20), "CSC lists no credential", ct);
            return credentials.Any(c => (string?)c == credential) ? await csc.ChainAsync(credential, ct) : throw new StepFailedException("CSC lists another credential");
        });
        int units = await StepAsync("see the free units", () => Polling.UntilAsync(
            () => Outcome.UnitsAsync(_door, Phone, ct), left => left > 0, TimeSpan.FromSeconds(20), "no free units were granted", ct));
        Directory.CreateDirectory(layout.Demo);
        foreach (string sample in Samples)
        {
            await StepAsync($"sign {sample} by CSC signDoc, PAdES-B-T", async () =>
            {
                byte[] pdf = await File.ReadAllBytesAsync(Path.Combine(layout.Root, "tests", "Shared.Tests", "AdES", "samples", sample), ct);
                await File.WriteAllBytesAsync(SignedFile(sample), await csc.SignPdfAsync(credential, sample, pdf, ct), ct);
                return SignedFile(sample);
            });
        }
        await StepAsync("see the customer's units go down", () => Outcome.ChargedAsync(_door, Phone, units, Samples.Length, ct));
        string bankToken = await StepAsync("log in at the bank, which pays for its customers", () => Login.AsCustomerAsync(_door, Login.Bank, Person.Email, ct));
        await StepAsync("sign a digest by CSC authorize and signHash", async () =>
        {
            byte[] digest = SHA256.HashData(RandomNumberGenerator.GetBytes(32));
            byte[] signature = await new Csc(_door, bankToken).SignHashAsync(credential, digest, ct);
            return Csc.Verifies(chain[0], digest, signature) ? "verified" : throw new StepFailedException("the signature does not verify under the certificate");
        });
        foreach (string sample in Samples)
            await StepAsync($"validate {Path.GetFileName(SignedFile(sample))}", () => Outcome.ValidateAsync(_door, token, SignedFile(sample), ct));
        await StepAsync("find the signed files in the archive", () => Outcome.ArchivedAsync(_door, Phone, [.. Samples.Select(SignedFile)], ct));
        await StepAsync("receive the mails", () => Outcome.MailsAsync(_door, Person, ct));
        await StepAsync("leave everything for outside tools", async () => { await LeaveDemo.RunAsync(layout, credential, chain, bankToken, ct); return layout.Demo; });
        await answering.CancelAsync();
        await phone.ContinueWith(_ => { }, TaskScheduler.Default); // it ended by being cancelled
    }

    public void Dispose()
    {
        Phone?.Dispose();
        _door.Dispose();
    }

    private string SignedFile(string sample) => Path.Combine(layout.Demo, $"{Path.GetFileNameWithoutExtension(sample)}.signed.pdf");

    private async Task<T> StepAsync<T>(string what, Func<Task<T>> step)
    {
        long started = Stopwatch.GetTimestamp();
        try
        {
            T result = await step();
            string detail = result?.ToString() is { Length: < 100 } text && (result is int || result is string) && !text.StartsWith("ey", StringComparison.Ordinal) ? $"  {text}" : ""; // never a token
            tell(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(started).TotalSeconds,6:0.0} s  {what}{detail}"));
            return result;
        }
        catch (Exception e) when (e is RefusedException or StepFailedException or HttpRequestException or CryptographicException)
        {
            throw new DevHostException($"Main job, step \"{what}\": {e.Message}", $"grep the services' logs in {layout.Logs}; build/run --reset starts clean", inner: e);
        }
    }
}
