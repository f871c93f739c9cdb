using Dapper;
using Npgsql;

namespace Pechat.Registration.Requests;

/// <summary>A line in the evidence of a request, in the transaction that changes its state.</summary>
internal static class Transition
{
    internal static Task RecordAsync(NpgsqlTransaction tx, Guid request, string state, string? detail, DateTimeOffset now, CancellationToken ct) =>
        tx.Connection!.ExecuteAsync(new CommandDefinition(
            "insert into request_transition (request_id, at, state, detail) values (@request, @now, @state, @detail)",
            new { request, now, state, detail }, tx, cancellationToken: ct));
}
