using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Pechat.DevHost.Servers;

namespace Pechat.DevHost.MainJob;

/// <summary>What must have happened behind the door because of the signatures.</summary>
internal static class Outcome
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Our own validation service must pass the file.</summary>
    public static async Task<string> ValidateAsync(Door door, string token, string file, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/validation/v1/validate") { Content = new ByteArrayContent(await File.ReadAllBytesAsync(file, ct)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/pdf");
        using HttpResponseMessage answer = await door.SendAsync(request, token, ct);
        string text = await answer.Content.ReadAsStringAsync(ct);
        if (!answer.IsSuccessStatusCode)
            throw new StepFailedException($"the validation answered {(int)answer.StatusCode}: {text}");
        JsonArray signatures = JsonNode.Parse(text)!["signatures"]!.AsArray();
        string? ours = (string?)signatures[^1]!["indication"];
        return ours == "TOTAL-PASSED" ? ours : throw new StepFailedException($"our signature was judged {ours}: {signatures[^1]!.ToJsonString()}");
    }

    /// <summary>Every signed file lies in the customer's archive, byte by byte.</summary>
    public static async Task<string> ArchivedAsync(Door door, ScriptedPhone phone, IReadOnlyCollection<string> files, CancellationToken ct)
    {
        string[] hashes = [.. files.Select(file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))))];
        JsonNode archive = await Polling.UntilAsync(
            async () => await door.GetAsync("/documents/v1/archive", await phone.TokenAsync(ct), ct),
            seen => hashes.All(hash => seen["items"]!.AsArray().Any(item => (string?)item!["sha256"] == hash)), Patience, "the archive did not get the signed files", ct);
        return $"{archive["items"]!.AsArray().Count} files";
    }

    /// <summary>Units that the customer has left.</summary>
    public static async Task<int> UnitsAsync(Door door, ScriptedPhone phone, CancellationToken ct) =>
        (int)(await door.GetAsync("/billing/v1/entitlements", await phone.TokenAsync(ct), ct))["remaining"]!;

    /// <summary>Exactly the units of the customer's own signatures are gone.</summary>
    public static async Task<string> ChargedAsync(Door door, ScriptedPhone phone, int before, int signatures, CancellationToken ct)
    {
        int left = await UnitsAsync(door, phone, ct);
        return left == before - signatures ? $"from {before} to {left}" : throw new StepFailedException($"{signatures} signatures took the units from {before} to {left}");
    }

    /// <summary>Mails told the customer of the certificate and of the signatures.</summary>
    public static async Task<string> MailsAsync(Door door, DemoPerson person, CancellationToken ct)
    {
        // The code for the address, the certificate, and at least one signature.
        CapturedMail[] mails = await Polling.UntilAsync(
            () => Task.FromResult(Mailbox.All(door.Layout).Where(mail => mail.Recipient.Contains(person.Email, StringComparison.Ordinal)).ToArray()),
            seen => seen.Select(mail => mail.Subject).Distinct().Count() >= 3, Patience, "mails about certificate and signature did not come", ct);
        return string.Join(", ", mails.Select(mail => $"\"{mail.Subject}\"").Distinct());
    }
}
