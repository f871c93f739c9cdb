using System.Security.Cryptography;
using System.Text;
using Dapper;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.SignatureActivation.Activation;
using Pechat.SignatureActivation.Automation;

namespace Pechat.SignatureActivation;

internal sealed partial class ActivationModuleService
{
    /// <summary>Moves what is left of an activated transaction to a new SAD. Repeating the call with the same two SADs answers the same.</summary>
    [Callers("signing")]
    public override Task<RenewSadReply> RenewSad(RenewSadRequest request, ServerCallContext context) =>
        AnswerAsync(() => RenewAsync(request, context.CancellationToken));

    private async Task<RenewSadReply> RenewAsync(RenewSadRequest request, CancellationToken ct)
    {
        Guid transactionId = ParseId(request.TransactionId, "transaction_id"), credentialId = ParseId(request.CredentialId, "credential_id");
        RequireHash(request.NewSadHash, "new_sad_hash");
        byte[] newHash = request.NewSadHash.ToByteArray();
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        TransactionRow? found = await TransactionRow.FindAsync(connection, transactionId, ct);
        // Step 1: the SAD opens this activation, or did so until this very renewal.
        byte[] sadHash = SHA256.HashData(Encoding.UTF8.GetBytes(request.Sad));
        bool repeated = found?.PreviousSadHash is { } previous && CryptographicOperations.FixedTimeEquals(sadHash, previous)
            && CryptographicOperations.FixedTimeEquals(newHash, found.SadHash);
        TransactionRow transaction = await CheckActivationAsync(found, repeated ? newHash : sadHash, credentialId, request.ClientId, ct);
        // Step 2: a new activation of what is left, bound to the new SAD; of two at once the first wins.
        DateTimeOffset now = clock.GetUtcNow(), end = new DateTimeOffset(transaction.ActivatedAt!.Value, TimeSpan.Zero) + MaxSadLifetime;
        if (await AutomationRow.FindAsync(connection, transaction.DeviceId!.Value, ct) is { } automation && automation.NotAfter < end.UtcDateTime)
            end = new DateTimeOffset(automation.NotAfter, TimeSpan.Zero); // no SAD outlives the automation that activated it
        DateTimeOffset expires = repeated ? new(transaction.SadExpiresAt!.Value, TimeSpan.Zero)
            : CutToMicroseconds(now + transaction.SadLifetime < end ? now + transaction.SadLifetime : end);
        if (!repeated)
        {
            byte[] mac = await module.BindAsync((transaction with { SadHash = newHash }).Binding(transaction.DeviceId!.Value, expires), ct);
            await audit.WriteAsync("transaction.renewing", new { transactionId, transaction.CredentialId, transaction.ClientId, expires });
            int renewed = await connection.ExecuteAsync(new CommandDefinition("""
                insert into renewal (transaction_id, number, previous_hash, sad_hash, sad_expires_at, renewed_at, mac)
                values (@transactionId, @number, @sadHash, @newHash, @expires, @now, @mac)
                on conflict do nothing
                """, new { transactionId, number = transaction.Renewal + 1, sadHash, newHash, expires, now, mac }, cancellationToken: ct));
            if (renewed == 0)
                throw InvalidSad();
        }
        int remaining = await connection.ExecuteScalarAsync<int>(new CommandDefinition(
            "select count(*) from slot where transaction_id = @transactionId and state = 'AUTHORISED'", new { transactionId }, cancellationToken: ct));
        return new RenewSadReply { SadExpiresAt = expires.ToTimestamp(), Remaining = remaining };
    }
}
