using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pechat.DevHost.Servers;

namespace Pechat.DevHost.MainJob;

/// <summary>A customer registers with e-mail and telephone, is identified, and binds the phone.</summary>
internal static partial class Enrol
{
    private static readonly TimeSpan MailPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan VerificationPatience = TimeSpan.FromSeconds(30);

    /// <summary>Registers, confirms both contacts with the codes that were sent there, and accepts the general terms.</summary>
    /// <returns>The token with which the phone may be bound.</returns>
    public static async Task<string> RegisterAsync(Door door, DemoPerson person, ScriptedPhone phone, CancellationToken ct)
    {
        JsonNode registration = await door.PostAsync("/identity/v1/registrations", new() { ["email"] = person.Email, ["phone"] = person.Phone, ["language"] = "bg" }, null, ct);
        string emailCode = await CodeAsync(door, person.Email, ct), phoneCode = await CodeAsync(door, person.Phone[1..], ct);
        JsonNode confirmed = await door.PostAsync(
            $"/identity/v1/registrations/{(string)registration["registrationId"]!}/confirm", new() { ["emailCode"] = emailCode, ["phoneCode"] = phoneCode }, null, ct);
        phone.CustomerId = (string)confirmed["customerId"]!;
        string token = (string)confirmed["accessToken"]!;
        JsonNode terms = await door.GetAsync("/identity/v1/terms?language=bg", null, ct);
        await door.PostAsync("/identity/v1/me/terms", new() { ["version"] = (string?)terms["version"], ["sha256"] = (string?)terms["sha256"] }, token, ct);
        return token;
    }

    /// <summary>Identifies the person by the development verifier.</summary>
    /// <returns>The verification's id.</returns>
    public static async Task<string> VerifyAsync(Door door, DemoPerson person, ScriptedPhone phone, string token, CancellationToken ct)
    {
        JsonNode verification = await door.PostAsync("/identity/v1/verifications", new()
        {
            ["documentNumber"] = person.DocumentNumber,
            ["nationalId"] = person.NationalId,
            ["country"] = "BG",
            ["givenName"] = DemoPerson.GivenName,
            ["surname"] = DemoPerson.Surname,
            ["dateOfBirth"] = person.DateOfBirth.ToString("O", CultureInfo.InvariantCulture),
            ["deviceKey"] = phone.PublicKey,
        }, token, ct);
        string id = (string)verification["verificationId"]!;
        verification = await Polling.UntilAsync(
            () => door.GetAsync($"/identity/v1/verifications/{id}", token, ct), v => (string?)v["state"] != "pending", VerificationPatience, "the identity verification was not decided", ct);
        return (string?)verification["state"] == "positive" ? id : throw new StepFailedException($"the identity verification ended {verification["state"]}: {verification["reason"]}");
    }

    public static async Task BindAsync(Door door, ScriptedPhone phone, string verificationId, string token, CancellationToken ct) =>
        await door.PostAsync("/identity/v1/devices", await phone.BindingAsync(verificationId, ct), token, ct);

    /// <summary>The newest code that was sent to an address or a telephone.</summary>
    internal static async Task<string> CodeAsync(Door door, string recipient, CancellationToken ct)
    {
        CapturedMail? mail = await Polling.UntilAsync(
            () => Task.FromResult(Mailbox.All(door.Layout).LastOrDefault(m => m.Recipient.Contains(recipient, StringComparison.Ordinal))),
            found => found is not null, MailPatience, $"no code came to {recipient}", ct);
        Match code = SixDigits().Match(mail!.Text);
        return code.Success ? code.Value : throw new StepFailedException($"mail {mail.Number} to {recipient} holds no code");
    }

    [GeneratedRegex(@"(?<!\d)\d{6}(?!\d)")]
    private static partial Regex SixDigits();
}
