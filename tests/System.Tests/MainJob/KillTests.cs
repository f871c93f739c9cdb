using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Pechat.DevHost;
using Pechat.DevHost.MainJob;

namespace Pechat.SystemTests.MainJob;

/// <summary>
/// kill -9 of each part of the house while a signature is under way: it starts again, signing works again, and in the end the books are
/// even: each signed file is archived once, told once and charged once, and nothing else is charged.
/// </summary>
[NonParallelizable]
internal sealed class KillTests
{
    private const int Bought = 100;
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly List<string> _received = []; // SHA-256 of what the client got
    private Csc _csc = null!;
    private string _credential = "", _token = "";
    private byte[] _pdf = [];
    private ArchivedFile[] _archiveBefore = [];

    [OneTimeSetUp]
    public async Task PrepareTheCustomer()
    {
        await Traces.QuietAsync();
        await Traces.GrantAsync(Bought);
        Assert.That(await Traces.UnitsAsync(), Is.EqualTo(Bought));
        _archiveBefore = await Traces.ArchiveAsync();
        _pdf = await File.ReadAllBytesAsync(WholeHouse.Sample("classic.pdf"));
        _token = await WholeHouse.WithPhone(() => Login.AsCustomerAsync(WholeHouse.Door, Login.Insurer, WholeHouse.Person.Email, None)); // where the customer pays
        _csc = new Csc(WholeHouse.Door, _token);
        _credential = (string)(await _csc.CredentialsAsync(None))[0]!;
    }

    // First those after which a transaction may have to wait for its lease or its end; meanwhile the others go on.
    [Order(1)]
    [TestCase("signing")]
    [TestCase("signature-activation")]
    [TestCase("postgres")]
    [TestCase("gateway")]
    [TestCase("identity")]
    [TestCase("timestamping")]
    [TestCase("billing")]
    [TestCase("rabbitmq")]
    [TestCase("documents")]
    [TestCase("notifications")]
    [TestCase("registration")]
    [TestCase("certificate-authority")]
    [TestCase("certificate-status")]
    [TestCase("validation")]
    public async Task Killed_while_a_signature_is_under_way_it_comes_back_and_signing_works_again(string victim)
    {
        string name = $"{victim}.pdf";
        int killed = WholeHouse.ProcessOf(victim);
        Task<byte[]> first = _csc.SignPdfAsync(_credential, name, _pdf, None);
        JsonNode request = await Polling.UntilAsync(
            async () => (await WholeHouse.Phone.RequestsAsync(None)).FirstOrDefault(waiting => (string?)waiting!["documents"]![0]!["name"] == name),
            waiting => waiting is not null, Patience, "the request did not come to the phone", None) ?? throw new InvalidOperationException();

        Task confirmation = WholeHouse.Phone.ConfirmSigningAsync(request, None);
        Assert.That(first.IsCompleted, Is.False, "the signature is under way");
        WholeHouse.Kill(victim);

        await EndedAsync(confirmation);
        byte[] signed = await WholeHouse.WithPhone(() => UntilSignedAsync(first, name));
        string file = Path.Combine(WholeHouse.Layout.Run, name);
        await File.WriteAllBytesAsync(file, signed);
        await UntilValidAsync(file);
        await UntilBackAsync(victim, killed);
    }

    [Test, Order(2)]
    public async Task After_all_kills_the_main_job_can_be_repeated() => await WholeHouse.RepeatMainJob();

    [Test, Order(3)]
    public async Task Each_signed_file_is_archived_told_and_charged_once_and_nothing_else_is()
    {
        await WholeHouse.WithPhone(async () => { await Traces.QuietAsync(); return 0; });
        ArchivedFile[] archive = [];
        Dictionary<string, string[]> mails = [];
        await Polling.UntilAsync(async () =>
        {
            archive = [.. (await Traces.ArchiveAsync()).Except(_archiveBefore)];
            mails = Traces.MailsOfSignatures();
            return archive.All(file => mails.ContainsKey(file.Transaction));
        }, told => told, Patience, "the customer was not told of every signature", None);
        string[] before = [.. _archiveBefore.Select(file => file.Transaction)];

        Assert.Multiple(async () =>
        {
            Assert.That(archive.Select(file => file.Sha256), Is.SupersetOf(_received), "what a client got is archived");
            Assert.That(archive.Select(file => file.Transaction), Is.Unique);
            Assert.That(archive.Select(file => file.Client), Is.All.EqualTo(Login.Insurer));
            Assert.That(Bought - await Traces.UnitsAsync(), Is.EqualTo(archive.Length), () => $"units are charged for {string.Join(", ", archive.Select(file => file.Name))}");
            Assert.That(archive.Select(file => mails[file.Transaction].Length), Is.All.EqualTo(1), "one mail tells of one signature");
            Assert.That(await Traces.ErrorsAsync(), Is.Empty, "no event is given up");
        });
    }

    /// <summary>While the victim starts again a caller is refused for the moment; what was under way may have been lost with the connection.</summary>
    private Task<byte[]> UntilSignedAsync(Task<byte[]> first, string name)
    {
        Task<byte[]> attempt = first;
        return Polling.UntilAsync(async () =>
        {
            if (await EndedAsync(attempt))
            {
                _received.Add(Convert.ToHexStringLower(SHA256.HashData(await attempt)));
                return await attempt;
            }
            await Task.Delay(TimeSpan.FromSeconds(1)); // as Retry-After says
            attempt = _csc.SignPdfAsync(_credential, name, _pdf, None);
            return [];
        }, signed => signed.Length > 0, Patience, "signing did not work again", None);
    }

    /// <returns>Whether it succeeded; a refusal must be one after which a client may try again.</returns>
    private static async Task<bool> EndedAsync(Task attempt)
    {
        try
        {
            await attempt;
            return true;
        }
        catch (RefusedException refused) when (refused.Status is 429 or 503)
        {
            TestContext.Progress.WriteLine($"refused: {refused.Status}");
            return false;
        }
        catch (HttpRequestException lost) // the gateway itself was killed
        {
            TestContext.Progress.WriteLine($"lost: {lost.Message}");
            return false;
        }
    }

    private Task<string> UntilValidAsync(string file) => Polling.UntilAsync(async () =>
    {
        try
        {
            return await Outcome.ValidateAsync(WholeHouse.Door, _token, file, None);
        }
        catch (Exception e) when (e is StepFailedException or HttpRequestException)
        {
            return e.Message;
        }
    }, judged => judged == "TOTAL-PASSED", Patience, "the signed file was not found valid", None);

    private static async Task UntilBackAsync(string victim, int killed)
    {
        using var http = new HttpClient();
        await Polling.UntilAsync(async () =>
        {
            if (!File.Exists(Path.Combine(WholeHouse.Layout.Processes, victim)) || WholeHouse.ProcessOf(victim) == killed)
                return "not started";
            if (Service.All.FirstOrDefault(service => service.Name == victim) is not { } service)
                return "ready"; // a server: that signing worked again shows it
            try
            {
                using HttpResponseMessage answer = await http.GetAsync(new Uri($"http://127.0.0.1:{service.HealthPort(WholeHouse.Layout)}/health/ready"));
                return answer.IsSuccessStatusCode ? "ready" : await answer.Content.ReadAsStringAsync();
            }
            catch (HttpRequestException e)
            {
                return e.Message;
            }
        }, state => state == "ready", Patience, $"{victim} did not come back", None);
    }
}
