using Dapper;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;

namespace Pechat.SignatureActivation;

internal sealed partial class ActivationModuleService
{
    /// <summary>Closes a transaction: it can no longer be activated, and its slots can no longer sign. Idempotent.</summary>
    [Callers("signing")]
    public override Task<CloseTransactionReply> CloseTransaction(CloseTransactionRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        CancellationToken ct = context.CancellationToken;
        Guid transactionId = ParseId(request.TransactionId, "transaction_id");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        try
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "insert into closure (transaction_id, closed_at) values (@transactionId, @now) on conflict do nothing",
                new { transactionId, now = clock.GetUtcNow() }, cancellationToken: ct));
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            throw FaultException.NotFound("unknown_transaction", "no such transaction was opened");
        }
        return new CloseTransactionReply();
    });
}
