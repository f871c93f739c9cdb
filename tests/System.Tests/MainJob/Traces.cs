using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Npgsql;
using Pechat.DevHost;
using Pechat.DevHost.MainJob;
using Pechat.DevHost.Servers;

namespace Pechat.SystemTests.MainJob;

/// <summary>A signed file in the customer's archive.</summary>
internal sealed record ArchivedFile(string Transaction, string Name, string Client, string Sha256);

/// <summary>What a signature leaves behind in the house, looked up where an outsider can; only queues and open work are asked of the servers themselves.</summary>
internal static partial class Traces
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>Units that the customer of the main job has left.</summary>
    public static Task<int> UnitsAsync() => Outcome.UnitsAsync(WholeHouse.Door, WholeHouse.Phone, None);

    /// <summary>Everything in the customer's archive, page by page.</summary>
    public static async Task<ArchivedFile[]> ArchiveAsync()
    {
        var files = new List<ArchivedFile>();
        for (string? after = ""; after is not null;)
        {
            JsonNode page = await WholeHouse.Door.GetAsync($"/documents/v1/archive?limit=50{after}", await WholeHouse.Phone.TokenAsync(None), None);
            files.AddRange(page["items"]!.AsArray().Select(item =>
                new ArchivedFile((string)item!["transactionId"]!, (string)item["name"]!, (string)item["clientId"]!, (string)item["sha256"]!)));
            after = (string?)page["next"] is { } next ? $"&after={next}" : null;
        }
        return [.. files];
    }

    /// <summary>Message-IDs of the mails about signatures, by transaction. A mail that was sent twice has one.</summary>
    public static Dictionary<string, string[]> MailsOfSignatures() => Mailbox.All(WholeHouse.Layout)
        .Where(mail => mail.Recipient.Contains(WholeHouse.Person.Email, StringComparison.Ordinal))
        .Select(mail => (mail.MessageId, Transaction: TransactionLine().Match(mail.Text)))
        .Where(mail => mail.Transaction.Success)
        .GroupBy(mail => mail.Transaction.Groups[1].Value, mail => mail.MessageId)
        .ToDictionary(mails => mails.Key, mails => mails.Distinct().ToArray());

    /// <summary>Waits until nothing is under way any more: no open signing transaction, no event that was not handed to the broker, none in a queue.</summary>
    public static async Task QuietAsync() => await Polling.UntilAsync(async () =>
    {
        var left = new List<string>();
        if (await CountAsync("signing", "select count(*) from signing_transaction where state in ('pending', 'confirming', 'active', 'signing')") is > 0 and var open)
            left.Add($"{open} open transactions");
        if (await CountAsync("signing", "select count(*) from unreported_signature") is > 0 and var untold)
            left.Add($"{untold} transactions with signatures that no event tells of yet");
        foreach (Service service in Service.All.Where(service => service.HasMessaging && service.HasDatabase))
        {
            if (await CountAsync(service.Database, "select count(*) from public.outbox where sent_at is null") is > 0 and var unsent)
                left.Add($"{unsent} events in the outbox of {service.Name}");
        }
        left.AddRange((await QueuesAsync()).Where(queue => !IsError(queue) && queue.Messages > 0).Select(queue => $"{queue.Messages} messages in {queue.Name}"));
        return string.Join(", ", left);
    }, left => left.Length == 0, TimeSpan.FromMinutes(2.5), "the house did not come to rest", None);

    /// <summary>Events that a consumer could not take.</summary>
    public static async Task<string[]> ErrorsAsync() => [.. (await QueuesAsync()).Where(queue => IsError(queue) && queue.Messages > 0).Select(queue => $"{queue.Name}: {queue.Messages}")];

    /// <summary>Gives the customer units as a bought package would.</summary>
    public static async Task GrantAsync(int units)
    {
        await using NpgsqlConnection connection = await ConnectAsync("billing");
        await using var command = new NpgsqlCommand("""
            with bought as (
                insert into entitlement (entitlement_id, customer_id, package, units, valid_from, valid_until)
                values ($1, $2, 'PRACT', $3, now() - interval '1 minute', now() + interval '1 year')
                returning entitlement_id, units)
            insert into ledger_entry (kind, entitlement_id, units, at) select 'grant', entitlement_id, units, now() from bought
            """, connection)
        {
            Parameters = { new() { Value = Guid.NewGuid() }, new() { Value = Guid.Parse(WholeHouse.Phone.CustomerId) }, new() { Value = units } },
        };
        await command.ExecuteNonQueryAsync();
    }

    private static bool IsError((string Name, long Messages) queue) => queue.Name.EndsWith("_error", StringComparison.Ordinal) || queue.Name.EndsWith("_skipped", StringComparison.Ordinal);

    private static async Task<(string Name, long Messages)[]> QueuesAsync()
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic",
            Convert.ToBase64String(Encoding.ASCII.GetBytes($"{RabbitMq.Administrator}:{Secret.Get(WholeHouse.Layout, "rabbitmq")}")));
        JsonArray queues = (await http.GetFromJsonAsync<JsonArray>(new Uri($"http://127.0.0.1:{WholeHouse.Layout.RabbitManagementPort}/api/queues")))!;
        return [.. queues.Select(queue => ((string)queue!["name"]!, (long?)queue["messages"] ?? 0))];
    }

    private static async Task<long> CountAsync(string database, string sql)
    {
        await using NpgsqlConnection connection = await ConnectAsync(database);
#pragma warning disable CA2100 // Constants of this file.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<NpgsqlConnection> ConnectAsync(string database)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(new Postgres(WholeHouse.Layout).ConnectionString) { Database = database, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    [GeneratedRegex(@"^(?:Трансакция|Transaction): ([0-9a-f-]{36})\s*$", RegexOptions.Multiline)]
    private static partial Regex TransactionLine();
}
