using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Npgsql;

namespace Pechat.DevHost.MainJob;

/// <summary>The phone lies on the table and reacts to what comes in.</summary>
/// <param name="phone">Whose.</param>
/// <param name="tell">Is told what was done.</param>
internal sealed class PhoneLoop(ScriptedPhone phone, Action<string> tell)
{
    private readonly HashSet<string> _done = [];

    /// <summary>What to do with what comes in.</summary>
    public PhoneHabit Habit { get; set; } = PhoneHabit.Confirm;

    /// <summary>How long the user reads before deciding.</summary>
    public TimeSpan Reading { get; set; } = TimeSpan.Zero;

    /// <summary>Until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                if (Habit != PhoneHabit.Ignore)
                    await DecideAsync(ct);
            }
            catch (Exception e) when (e is RefusedException or HttpRequestException or CryptographicException or NpgsqlException || e is TaskCanceledException && !ct.IsCancellationRequested)
            {
                tell($"phone: {e.Message}"); // a service may be starting again, or the request is not ours to confirm
                await Task.Delay(TimeSpan.FromSeconds(1), ct);
            }
            await Task.Delay(TimeSpan.FromMilliseconds(Reading == TimeSpan.Zero ? 150 : 500), ct);
        }
    }

    private async Task DecideAsync(CancellationToken ct)
    {
        foreach (JsonNode? login in await phone.LoginsAsync(ct))
        {
            if (!_done.Contains($"login {(string)login!["id"]!}"))
            {
                await Task.Delay(Reading, ct);
                await phone.DecideLoginAsync(login, Habit == PhoneHabit.Confirm, ct);
                Done($"login {(string)login["id"]!}", $"login to {login["client"]}");
            }
        }
        foreach (JsonNode? request in await phone.RequestsAsync(ct))
        {
            string id = (string)request!["transactionId"]!;
            if (_done.Contains($"request {id}")) // in a code flow the request is named like its login
                continue;
            await Task.Delay(Reading, ct);
            if (Habit == PhoneHabit.Ignore)
                return; // told so while this look was under way
            if (Habit == PhoneHabit.Confirm)
                await phone.ConfirmSigningAsync(request, ct);
            else
                await phone.DeclineSigningAsync(request, ct);
            Done($"request {id}", $"{request["documents"]!.AsArray().Count} signature(s) for {request["client"]!["name"]}");
        }
    }

    private void Done(string id, string what)
    {
        _done.Add(id);
        tell($"phone: {(Habit == PhoneHabit.Confirm ? "confirmed" : "declined")} {what}");
    }
}
