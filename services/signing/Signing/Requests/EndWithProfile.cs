using Dapper;
using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.Identity;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Requests;

/// <summary>Requests that wait for a customer whose profile was closed are rejected (SM-1). Again changes nothing.</summary>
internal sealed class EndWithProfile(NpgsqlDataSource db, EndTransaction end) : IConsumer<CustomerClosed>
{
    public async Task Consume(ConsumeContext<CustomerClosed> context)
    {
        CancellationToken ct = context.CancellationToken;
        Guid[] pending;
        await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
        {
            pending = [.. await connection.QueryAsync<Guid>(new CommandDefinition(
                "select id from signing_transaction where customer_id = @CustomerId and state = 'pending'", new { context.Message.CustomerId }, cancellationToken: ct))];
        }
        foreach (Guid id in pending)
            await end.EndAsync(id, ["pending"], "rejected", ct);
    }
}
