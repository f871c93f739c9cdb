using System.Text.Json;
using Dapper;
using Npgsql;

namespace Pechat.Signing.Csc;

/// <summary>The members of asynchronous operation (§5.11); ignored for <c>S</c>.</summary>
/// <param name="IsAsynchronous">operationMode is <c>A</c>.</param>
/// <param name="Validity">How long the result can be fetched.</param>
/// <param name="ResponseUri">Where the client wants to be told that it can.</param>
internal sealed record OperationMode(bool IsAsynchronous, TimeSpan Validity, string? ResponseUri = null)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1), Longest = TimeSpan.FromDays(1); // D-19

    internal static OperationMode Read(CscRequest request, Caller caller, SigningOptions options)
    {
        string mode = request.Member("operationMode") switch
        {
            null => "S",
            { ValueKind: JsonValueKind.String } value when value.GetString() is "S" or "A" => value.GetString()!,
            _ => throw CscRequest.InvalidParameter("operationMode"),
        };
        if (mode == "S")
            return new OperationMode(false, options.ResultLifetime);
        TimeSpan validity = options.ResultLifetime;
        if (request.Member("validity_period") is { } period)
        {
            if (period.ValueKind != JsonValueKind.Number || !period.TryGetInt64(out long milliseconds) || milliseconds < 0)
                throw CscRequest.InvalidParameter("validity_period");
            if (milliseconds < Shortest.TotalMilliseconds || milliseconds > Longest.TotalMilliseconds)
                throw CscRequest.Invalid("Out of bounds parameter validity_period");
            validity = TimeSpan.FromMilliseconds(milliseconds);
        }
        string? uri = request.OptionalString("response_uri");
        return uri is null || options.ResponseUriOf(caller.ClientId, uri) is not null
            ? new OperationMode(true, validity, uri) : throw CscRequest.InvalidParameter("response_uri");
    }

    /// <summary>Keeps a result for <c>signPolling</c>; a null response is made from the documents when it is asked for.</summary>
    internal async Task KeepAsync(NpgsqlTransaction tx, Guid responseId, Guid transactionId, byte[]? response, DateTimeOffset now, CancellationToken ct) =>
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into polled_result (id, transaction_id, customer_id, client_id, response, valid_until, response_uri, notify_at)
            select @responseId, id, customer_id, client_id, @response, @until, @ResponseUri, case when @ResponseUri::text is not null then created_at end
            from signing_transaction where id = @transactionId
            """, new { responseId, transactionId, response, ResponseUri, until = (now + Validity).UtcDateTime }, tx, cancellationToken: ct));
}
