using System.Security.Cryptography;
using System.Text;
using Dapper;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.Persistence;
using Pechat.SignatureActivation.Activation;
using Pechat.SignatureActivation.Enrolment;
using Pechat.SignatureActivation.Jose;

namespace Pechat.SignatureActivation;

internal sealed partial class ActivationModuleService
{
    private sealed record ActivationClaims(
        string Aud, string Iss, string Sub, string Transaction, string Credential, string Client, string Kind, string HashAlgorithm,
        IReadOnlyList<string> Digests, int Count, string Challenge, string Displayed, long Iat, long Exp, string? Pin = null);

    private sealed record ActivationPin(string Pin, string Challenge);

    /// <summary>Authorises the digests of a transaction on the word of the owner's device and PIN.</summary>
    [Callers("signing")]
    public override Task<ActivateReply> Activate(ActivateRequest request, ServerCallContext context) =>
        AnswerAsync(() => ActivateAsync(request, context.CancellationToken));

    private async Task<ActivateReply> ActivateAsync(ActivateRequest request, CancellationToken ct)
    {
        Guid transactionId = ParseId(request.TransactionId, "transaction_id");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        TransactionRow transaction = await TransactionRow.FindAsync(connection, transactionId, ct)
            ?? throw FaultException.NotFound("unknown_transaction", "no such transaction was opened");
        Device device;
        ActivationPin pin;
        byte[] pinHash; // not the hash of the message: an ECDSA signature has a twin that verifies too, and would count the PIN again
        try
        {
            // Step 1: an active device of the owner signed it.
            Jws message = Jws.Parse(request.Activation);
            device = await FindActiveDeviceAsync(connection, message.KeyId, transaction.OwnerId, ct);
            ActivationClaims claims = message.Verify<ActivationClaims>(device.Key);
            // Step 2: it is for exactly this transaction, and its challenge is still open.
            CheckClaims(claims, transaction, device.DeviceId);
            string encrypted = claims.Pin ?? throw new JoseException("the PIN is missing");
            CheckState(transaction);
            // Step 3: the PIN was encrypted for this challenge, so that it cannot be carried over from another message.
            pin = await module.DecryptAsync<ActivationPin>(encrypted, ct);
            pinHash = SHA256.HashData(Encoding.ASCII.GetBytes(encrypted));
            Require(FixedTimeEquals(pin.Challenge, claims.Challenge), "the PIN is for another challenge");
        }
        catch (JoseException refusal)
        {
            Refused(logger, "activation", refusal.Message);
            throw FaultException.Forbidden("invalid_activation", refusal.Message);
        }
        // Step 4: the PIN; a wrong one is counted, and so is a message that is tried twice.
        await connection.CloseAsync(); // nobody waits for his turn with a connection in hand
        byte[] messageHash = SHA256.HashData(Encoding.ASCII.GetBytes(request.Activation));
        await pins.VerifyAsync(device, pin.Pin, pinHash, ct);
        // Step 5: one slot per digest; the first activation of a transaction is its only one.
        DateTimeOffset now = CutToMicroseconds(clock.GetUtcNow()), sadExpiresAt = CutToMicroseconds(now + transaction.SadLifetime);
        byte[] mac = await module.BindAsync((transaction with { ActivatedAt = now.UtcDateTime }).Binding(device.DeviceId, sadExpiresAt), ct);
        await audit.WriteAsync("transaction.activating", new
        {
            transactionId, transaction.CredentialId, transaction.OwnerId, transaction.ClientId, device.DeviceId,
            Message = Convert.ToHexString(messageHash), Digests = transaction.Digests.Select(Convert.ToHexString), sadExpiresAt,
        });
        await AuthoriseAsync(new
        {
            transactionId, device.DeviceId, message = request.Activation, now, sadExpiresAt, mac, last = transaction.Digests.Length - 1,
        }, _ => Task.CompletedTask, ct);
        return new ActivateReply { SadExpiresAt = sadExpiresAt.ToTimestamp() };
    }

    private void CheckClaims(ActivationClaims claims, TransactionRow transaction, Guid signer)
    {
        string kind = (DigestKind)transaction.Kind == DigestKind.Sdr ? "SDR" : "DTBSR";
        Require(claims.Aud == Audience && IsId(claims.Iss, signer) && IsId(claims.Sub, transaction.OwnerId), "audience, issuer or subject differ");
        Require(IsCurrent(claims.Iat, claims.Exp), "the activation is not current");
        Require(IsId(claims.Transaction, transaction.TransactionId), "the transaction differs");
        Require(IsId(claims.Credential, transaction.CredentialId), "the credential differs");
        Require(claims.Client == transaction.ClientId, "the client differs");
        Require(claims.Kind == kind && claims.HashAlgorithm == transaction.HashAlgorithm, "kind or hash algorithm differ");
        Require(claims.Count == transaction.Digests.Length && claims.Digests.Count == claims.Count, "the number of digests differs");
        Require(claims.Digests.Zip(transaction.Digests).All(pair =>
            CryptographicOperations.FixedTimeEquals(StrictJson.Bytes(pair.First), pair.Second)), "the digests or their order differ");
        Require(CryptographicOperations.FixedTimeEquals(StrictJson.Bytes(claims.Displayed), transaction.DisplayedHash), "something else was displayed");
        Require(CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.ASCII.GetBytes(claims.Challenge)), transaction.ChallengeHash),
            "the challenge differs");
    }

    private void CheckState(TransactionRow transaction)
    {
        if (transaction.IsActivated)
            throw ChallengeUsed();
        if (transaction.Closed)
            throw FaultException.Conflict("transaction_closed", "the transaction was declined or abandoned");
        if (transaction.Destroyed)
            throw CredentialDestroyed();
        if (transaction.ExpiresAt <= clock.GetUtcNow().UtcDateTime)
            throw FaultException.Conflict("transaction_expired", "the time to confirm is over");
    }

    /// <summary>Inserts activation and slots, and what else belongs to them, in one transaction.</summary>
    private async Task AuthoriseAsync(object activation, Func<NpgsqlTransaction, Task> also, CancellationToken ct)
    {
        try
        {
            await db.InTransactionAsync(async tx =>
            {
                await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                insert into activation (transaction_id, device_id, message, activated_at, sad_expires_at, mac)
                values (@transactionId, @DeviceId, @message, @now, @sadExpiresAt, @mac);
                insert into slot (transaction_id, position) select @transactionId, generate_series(0, @last)
                """, activation, tx, cancellationToken: ct));
                await also(tx);
            }, ct);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw ChallengeUsed();
        }
    }

    private static FaultException ChallengeUsed() => FaultException.Conflict("challenge_used", "the transaction was activated before");

    private static bool FixedTimeEquals(string left, string right) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));

    /// <summary>The database keeps microseconds, and the MAC must be the same after reading.</summary>
    private static DateTimeOffset CutToMicroseconds(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
