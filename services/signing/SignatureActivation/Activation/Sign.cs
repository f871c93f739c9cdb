using System.Formats.Asn1;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.Pkcs11;
using Pechat.Pki;
using Pechat.SignatureActivation.Activation;
using Pechat.SignatureActivation.Credentials;

namespace Pechat.SignatureActivation;

internal sealed partial class ActivationModuleService
{
    private const int MaxSignedAttributes = 64 * 1024;

    /// <summary>Signs digests that a device authorised, each once.</summary>
    [Callers("signing")]
    public override async Task<SignReply> Sign(SignRequest request, ServerCallContext context)
    {
        long start = clock.GetTimestamp();
        SignReply reply = await AnswerAsync(() => SignAsync(request, context.CancellationToken));
        Telemetry.SignDuration.Record(clock.GetElapsedTime(start).TotalSeconds);
        Telemetry.Signatures.Add(reply.Signatures.Count);
        return reply;
    }

    private async Task<SignReply> SignAsync(SignRequest request, CancellationToken ct)
    {
        // Step 1: refuse what is malformed.
        Guid transactionId = ParseId(request.TransactionId, "transaction_id"), credentialId = ParseId(request.CredentialId, "credential_id");
        SignatureAlgorithm algorithm = ParseAlgorithm(request);
        if (request.Items.Count is 0 or > MaxDigests)
            throw FaultException.Invalid("invalid_request", $"there must be 1 to {MaxDigests} items");
        // Step 2: the SAD opens this activation, for this credential and client, now.
        byte[] sadHash = SHA256.HashData(Encoding.UTF8.GetBytes(request.Sad));
        LiveActivation activation = Known(transactionId, sadHash, credentialId, request.ClientId)
            ?? await ReadAsync(transactionId, sadHash, credentialId, request.ClientId, ct);
        // Step 3: what is to be signed, and which authorised digests it answers for.
        TransactionRow transaction = activation.Row;
        var items = request.Items.Select(item => ReadItem(item, (DigestKind)transaction.Kind, algorithm)).ToList();
        if (algorithm.Digest.Oid != transaction.HashAlgorithm)
            throw FaultException.Forbidden("digest_not_authorised", "the digests were authorised for another hash algorithm");
        // Steps 4 and 5: slots, signatures. What this process remembers may be old: before it refuses, it looks again.
        return await WithKeyAsync(activation, algorithm, items, ct)
            ?? await WithKeyAsync(await ReadAsync(transactionId, sadHash, credentialId, request.ClientId, ct), algorithm, items, ct)
            ?? throw FaultException.Forbidden("digest_not_authorised", "a digest was not authorised, or was signed already");
    }

    private async Task<SignReply?> WithKeyAsync(
        LiveActivation activation, SignatureAlgorithm algorithm, List<(byte[] ToBeSigned, byte[] Authorised)> items, CancellationToken ct)
    {
        try
        {
            return await OnceWithKeyAsync(activation, algorithm, items, ct);
        }
        catch (Pkcs11Exception failure) when (failure.IsKeyLoss)
        {
            return await OnceWithKeyAsync(activation, algorithm, items, ct); // the HSM restarted: unwrapped again; the slots are free again
        }
    }

    private async Task<SignReply?> OnceWithKeyAsync(
        LiveActivation activation, SignatureAlgorithm algorithm, List<(byte[] ToBeSigned, byte[] Authorised)> items, CancellationToken ct)
    {
        UserKey key = await userKeys.LendAsync(activation.Row.CredentialId, ct) ?? throw WrongCredential();
        try
        {
            if (key.OwnerId != activation.Row.OwnerId)
                throw WrongCredential();
            if ((algorithm.Scheme == SignatureScheme.Ecdsa) == (key.PublicKey.Curve is null))
                throw FaultException.Invalid("invalid_request", $"the key does not sign with {algorithm}");
            if (algorithm.Scheme == SignatureScheme.RsaPss && algorithm.SaltLength > (key.PublicKey.RsaModulusBits / 8) - algorithm.Digest.Length - 2) // RFC 8017 §9.1.1
                throw FaultException.Invalid("invalid_request", "the key is too short for the salt");
            return await UseKeyAsync(activation, key, algorithm, items);
        }
        catch (Pkcs11Exception failure) when (failure.IsKeyLoss)
        {
            userKeys.Forget(key);
            throw;
        }
        finally
        {
            await userKeys.ReturnAsync(key);
        }
    }

    /// <returns>Null when a digest has no free slot, as far as this process knows or the database said.</returns>
    private async Task<SignReply?> UseKeyAsync(
        LiveActivation activation, UserKey key, SignatureAlgorithm algorithm, List<(byte[] ToBeSigned, byte[] Authorised)> items)
    {
        // Step 4: one slot for each digest, all or none; the database confirms them in the round.
        if (activation.TryTake([.. items.Select(item => item.Authorised)]) is not { } positions)
            return null;
        var use = new KeyUse(pool, algorithm, [.. items.Select(item => item.ToBeSigned)]);
        SlotOutcome outcome;
        try
        {
            // Step 5: lock, sign, use up, record, commit.
            outcome = await rounds.SignAsync(new SlotUse(activation, positions, key, use));
        }
        catch
        {
            activations.Forget(activation.Row.TransactionId); // whether the slots are used up is for the database to say
            throw;
        }
        if (!outcome.Granted)
            return null;
        if (outcome.Failure is not null)
        {
            activation.GiveBack(positions);
            ExceptionDispatchInfo.Throw(outcome.Failure);
        }
        return new SignReply { Signatures = { use.Signatures.Select(signature => UnsafeByteOperations.UnsafeWrap(signature)) }, Remaining = activation.Left };
    }

    /// <summary>An activation that this process knows and that the request opens; whatever does not fit is judged by <see cref="ReadAsync"/>.</summary>
    private LiveActivation? Known(Guid transactionId, byte[] sadHash, Guid credentialId, string clientId) =>
        activations.Find(transactionId) is { } known && CryptographicOperations.FixedTimeEquals(sadHash, known.Row.SadHash)
            && known.Row.CredentialId == credentialId && known.Row.ClientId == clientId && known.Row.SadExpiresAt > clock.GetUtcNow().UtcDateTime ? known : null;

    private async Task<LiveActivation> ReadAsync(Guid transactionId, byte[] sadHash, Guid credentialId, string clientId, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        TransactionRow? found = await TransactionRow.FindAsync(connection, transactionId, ct);
        TransactionRow transaction = await CheckActivationAsync(found, sadHash, credentialId, clientId, ct);
        // Only positions that the device authorised: whoever adds a row adds no digest.
        IEnumerable<int> free = await connection.QueryAsync<int>(new CommandDefinition("""
            select position from slot where transaction_id = @transactionId and state = 'AUTHORISED' and position between 0 and @last
            """, new { transactionId, last = transaction.Digests.Length - 1 }, cancellationToken: ct));
        var activation = new LiveActivation(transaction, free);
        activations.Keep(activation);
        return activation;
    }

    private async Task<TransactionRow> CheckActivationAsync(TransactionRow? found, byte[] sadHash, Guid credentialId, string clientId, CancellationToken ct)
    {
        // Unknown, not activated and wrong SAD have one answer, and take the same comparison.
        if (!CryptographicOperations.FixedTimeEquals(sadHash, found?.SadHash ?? new byte[sadHash.Length])
            || found is not { DeviceId: { } deviceId, SadExpiresAt: { } sadExpiresAt, Mac: { } mac } transaction)
            throw InvalidSad();
        if (!await module.IsBoundAsync(transaction.Binding(deviceId, new DateTimeOffset(sadExpiresAt, TimeSpan.Zero)), mac, ct))
            throw new InvalidOperationException($"the activation of {transaction.TransactionId} was not written by this module");
        if (transaction.CredentialId != credentialId)
            throw WrongCredential();
        if (transaction.ClientId != clientId)
            throw FaultException.Forbidden("wrong_client", "the signature was activated for another client");
        if (transaction.Closed)
            throw FaultException.Conflict("transaction_closed", "the transaction was closed");
        if (transaction.Destroyed)
            throw CredentialDestroyed();
        return sadExpiresAt > clock.GetUtcNow().UtcDateTime
            ? transaction
            : throw FaultException.Conflict("sad_expired", "the signature activation data has expired");
    }

    private static SignatureAlgorithm ParseAlgorithm(SignRequest request)
    {
        DigestAlgorithm? hash = DigestAlgorithm.Find(request.HashAlgorithm);
        // PKCS#1 v1.5 and ECDSA have no parameters worth sending: empty stands for what the standard fixes.
        SignatureAlgorithm? algorithm = request.SignatureParameters.IsEmpty
            ? SignatureAlgorithm.All.FirstOrDefault(each => each.Oid == request.SignatureAlgorithm && each.Scheme != SignatureScheme.RsaPss)
            : request.SignatureAlgorithm == Oids.RsaPss && RsaPssParameters.TryParse(request.SignatureParameters.Memory) is { } parameters
            ? SignatureAlgorithm.RsaPss(parameters)
            : SignatureAlgorithm.Find(new AlgorithmIdentifier(request.SignatureAlgorithm, request.SignatureParameters.Memory));
        return algorithm is not null && algorithm.Digest == hash
            ? algorithm
            : throw FaultException.Invalid("invalid_request", "signature and hash algorithm are not supported or do not fit each other");
    }

    /// <summary>What the key signs, and the authorised digest it stands for.</summary>
    private static (byte[] ToBeSigned, byte[] Authorised) ReadItem(SignItem item, DigestKind kind, SignatureAlgorithm algorithm)
    {
        if (kind == DigestKind.Dtbsr && item.ContentCase == SignItem.ContentOneofCase.Digest && item.Digest.Length == algorithm.Digest.Length)
            return (item.Digest.ToByteArray(), item.Digest.ToByteArray());
        if (kind != DigestKind.Sdr || item.ContentCase != SignItem.ContentOneofCase.SignedAttributes || item.SignedAttributes.Length > MaxSignedAttributes)
            throw FaultException.Invalid("invalid_request", "an item does not fit the kind of the transaction");
        byte[] der = item.SignedAttributes.ToByteArray();
        try
        {
            new AsnReader(der, AsnEncodingRules.DER).ReadSetOf(); // the order of DER, which CMS readers forgive
            SignedAttributes attributes = SignedAttributes.Parse(der);
            // The content is a document: other content types would give the signature another meaning (RFC 5652 §11.1).
            if (attributes.ContentType == Oids.Data && attributes.SigningCertificate is not null)
                return (attributes.Digest(algorithm.Digest), attributes.MessageDigest.ToArray());
        }
        catch (AsnContentException)
        {
            throw FaultException.Invalid("invalid_request", "signed_attributes are not the DER of a SET OF Attribute");
        }
        throw FaultException.Invalid("invalid_request", "signed_attributes need content-type data and signing-certificate-v2");
    }

    private static FaultException InvalidSad() =>
        FaultException.Forbidden("invalid_sad", "the signature activation data is not valid for this transaction");

    private static FaultException WrongCredential() => FaultException.Forbidden("wrong_credential", "the signature was activated for another credential");
}
