using System.Security.Cryptography;
using System.Text;
using Dapper;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.SignatureActivation.Activation;
using Pechat.SignatureActivation.Automation;
using Pechat.SignatureActivation.Jose;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation;

internal sealed partial class ActivationModuleService
{
    private const int AutomationSalt = 8; // keeps the database locks of this use case apart from others

    private sealed record AutomationUse(int Number, Guid TransactionId, long Total, byte[] Mac)
    {
        internal MacInput Binding(Guid automationId) => new MacInput("automation-use.1").Add(automationId).Add(Number).Add(TransactionId).Add(Total);
    }

    /// <summary>Authorises the digests of a transaction on the word of a registered automation key, within its count and time.</summary>
    [Callers("signing")]
    public override Task<ActivateReply> ActivateAutomated(ActivateRequest request, ServerCallContext context) =>
        AnswerAsync(() => ActivateAutomatedAsync(request, context.CancellationToken));

    private async Task<ActivateReply> ActivateAutomatedAsync(ActivateRequest request, CancellationToken ct)
    {
        Guid transactionId = ParseId(request.TransactionId, "transaction_id");
        TransactionRow transaction;
        AutomationRow automation;
        try
        {
            await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
            transaction = await TransactionRow.FindAsync(connection, transactionId, ct)
                ?? throw FaultException.NotFound("unknown_transaction", "no such transaction was opened");
            // Step 1: a registered key for this owner, credential and client signed it.
            Jws message = Jws.Parse(request.Activation);
            automation = await FindAutomationAsync(connection, message.KeyId, transaction, ct);
            // Step 2: it is for exactly this transaction, and its challenge is still open.
            ActivationClaims claims = message.Verify<ActivationClaims>(automation.Key);
            Require(claims.Pin is null, "an automation has no PIN");
            CheckClaims(claims, transaction, automation.AutomationId);
            CheckState(transaction);
        }
        catch (JoseException refusal)
        {
            Refused(logger, "automated activation", refusal.Message);
            throw FaultException.Forbidden("invalid_activation", refusal.Message);
        }
        // Step 3: the count, in one transaction with the slots that it pays for.
        DateTimeOffset now = CutToMicroseconds(clock.GetUtcNow()), end = new(automation.NotAfter, TimeSpan.Zero);
        DateTimeOffset sadExpiresAt = CutToMicroseconds(now + transaction.SadLifetime < end ? now + transaction.SadLifetime : end);
        byte[] mac = await module.BindAsync((transaction with { ActivatedAt = now.UtcDateTime }).Binding(automation.AutomationId, sadExpiresAt), ct);
        await audit.WriteAsync("transaction.activating", new
        {
            transactionId, transaction.CredentialId, transaction.OwnerId, transaction.ClientId, automation.AutomationId,
            Message = Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(request.Activation))),
            Digests = transaction.Digests.Select(Convert.ToHexString), sadExpiresAt,
        });
        await AuthoriseAsync(new
        {
            transactionId, DeviceId = automation.AutomationId, message = request.Activation, now, sadExpiresAt, mac, last = transaction.Digests.Length - 1,
        }, tx => CountAsync(tx, automation, transaction, ct), ct);
        return new ActivateReply { SadExpiresAt = sadExpiresAt.ToTimestamp() };
    }

    private async Task<AutomationRow> FindAutomationAsync(NpgsqlConnection connection, string? keyId, TransactionRow transaction, CancellationToken ct)
    {
        AutomationRow? row = Guid.TryParseExact(keyId, "D", out Guid id) ? await AutomationRow.FindAsync(connection, id, ct) : null;
        if (row is null || row.OwnerId != transaction.OwnerId || row.CredentialId != transaction.CredentialId || row.ClientId != transaction.ClientId)
            throw new JoseException("no automation of this owner, credential and client signed it");
        if (!await module.IsBoundAsync(row.Binding, row.RowMac, ct))
            throw new InvalidOperationException($"the row of automation {id} was not written by this module");
        return !row.Ended && row.NotAfter > clock.GetUtcNow().UtcDateTime ? row : throw FaultException.Conflict("automation_ended", "the automation has ended");
    }

    /// <summary>Counts the digests of an activation that was just inserted; one activation of an automation at a time.</summary>
    private async Task CountAsync(NpgsqlTransaction tx, AutomationRow automation, TransactionRow transaction, CancellationToken ct)
    {
        NpgsqlConnection connection = tx.Connection!;
        Guid automationId = automation.AutomationId;
        await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(hashtextextended(@key, @salt))",
            new { key = automationId.ToString(), salt = AutomationSalt }, tx, cancellationToken: ct));
        AutomationUse? last = await connection.QuerySingleOrDefaultAsync<AutomationUse>(new CommandDefinition("""
            select number, transaction_id, total, mac from automation_use where automation_id = @automationId order by number desc limit 1
            """, new { automationId }, tx, cancellationToken: ct));
        // A count that was taken back is behind the activations.
        bool isBehind = await connection.ExecuteScalarAsync<bool>(new CommandDefinition("""
            select exists (
                select from (
                    select transaction_id from activation where device_id = @automationId and transaction_id <> @TransactionId
                    order by activated_at desc limit 100) a
                where not exists (select from automation_use u where u.transaction_id = a.transaction_id))
            """, new { automationId, transaction.TransactionId }, tx, cancellationToken: ct));
        if (isBehind || (last is not null && !await module.IsBoundAsync(last.Binding(automationId), last.Mac, ct)))
            throw new InvalidOperationException($"the count of automation {automationId} was not written by this module");
        var use = new AutomationUse((last?.Number ?? 0) + 1, transaction.TransactionId, (last?.Total ?? 0) + transaction.Digests.Length, []);
        if (use.Total > automation.MaxSignatures)
            throw FaultException.Conflict("automation_exhausted", $"the automation may sign {automation.MaxSignatures - (last?.Total ?? 0)} more digests");
        byte[] mac = await module.BindAsync(use.Binding(automationId), ct);
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into automation_use (automation_id, number, transaction_id, total, mac) values (@automationId, @Number, @TransactionId, @Total, @mac)
            """, new { automationId, use.Number, use.TransactionId, use.Total, mac }, tx, cancellationToken: ct));
    }
}
