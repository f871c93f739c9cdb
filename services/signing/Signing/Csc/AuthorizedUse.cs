using System.Security.Cryptography.X509Certificates;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Signing.Credentials;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Csc;

/// <summary>A credential together with the transaction that a SAD opens: steps 4 to 9 of §10.1, shared by signHash and signDoc.</summary>
internal sealed class AuthorizedUse
{
    internal const string NotAuthorized = "Hash is not authorized by the SAD.";

    private AuthorizedUse(Credential credential, SigningTransaction transaction, string sad) => (Credential, Transaction, _sad) = (credential, transaction, sad);

    private readonly string _sad;

    internal Credential Credential { get; }

    internal SigningTransaction Transaction { get; }

    /// <summary>Steps 4 and 5, in one look at the database.</summary>
    internal static async Task<AuthorizedUse> FindAsync(
        NpgsqlDataSource db, string credentialId, Entitlement entitlement, Sad sads, Caller caller, TimeProvider clock, CancellationToken ct)
    {
        if (!Guid.TryParseExact(credentialId, "D", out Guid id))
            throw CscRequest.InvalidParameter("credentialID");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        (Credential? credential, SigningTransaction? transaction) =
            (await connection.QueryAsync<Credential, SigningTransaction, (Credential?, SigningTransaction?)>(new CommandDefinition($"""
                select {Credential.Columns}, {SigningTransaction.KeyColumns}
                from {Credential.Tables}
                left join signing_transaction t on t.id = @TransactionId and t.credential_id = c.id and t.customer_id = c.customer_id
                    and t.client_id = @client and t.purpose = 'authorization'
                where c.id = @id and c.deleted_at is null
                """, new { id, entitlement.TransactionId, client = caller.ClientId }, cancellationToken: ct),
                (credential, transaction) => (credential, transaction), splitOn: "id")).SingleOrDefault();
        if (credential is null || !caller.MayUse(credential))
            throw CscRequest.InvalidParameter("credentialID");
        DateTime now = clock.GetUtcNow().UtcDateTime;
        if (transaction is null || (entitlement.SadVersion ?? transaction.SadVersion) != transaction.SadVersion)
            throw CscRequest.InvalidParameter("SAD"); // foreign, or renewed since
        return transaction switch
        {
            { State: "active", SadExpiresAt: { } until } when until > now => new AuthorizedUse(credential, transaction, sads.Of(transaction.Id, transaction.SadVersion)),
            { State: "active" or "expired", SadExpiresAt: { } until } when until <= now => throw CscRequest.Invalid("SAD expired"),
            _ => throw CscRequest.InvalidParameter("SAD"),
        };
    }

    /// <summary>Step 7: the certificate's state at the time of signing (S-11).</summary>
    internal void CheckStatus(DateTimeOffset now) => CheckStatus(Credential, now);

    internal static void CheckStatus(Credential credential, DateTimeOffset now)
    {
        if (credential.Status(now) == "expired")
            throw CscRequest.Invalid($"Signing certificate '{NameOf(credential)}' is expired.");
        if (!credential.IsEnabled(now))
            throw CscRequest.Invalid("The credential identified by credentialID is disabled");
    }

    /// <summary>Steps 8 and 9: one call of the activation module, which reserves, signs and consumes; all or nothing.</summary>
    internal async Task<SignReply> SignAsync(
        IActivationModule module, CscVersion version, RequestedAlgorithm algorithm, IEnumerable<SignItem> items, int count, CancellationToken ct)
    {
        if (algorithm.Hash.Oid != Transaction.HashAlgorithm)
            throw CscRequest.InvalidParameter(version.HashOid);
        if (count > Transaction.Remaining)
            throw CscRequest.Invalid(NotAuthorized);
        try
        {
            return await module.SignAsync(new SignRequest
            {
                CredentialId = Transaction.CredentialId.ToString("D"),
                ClientId = Transaction.ClientId,
                TransactionId = Transaction.Id.ToString("D"),
                Sad = _sad,
                SignatureAlgorithm = algorithm.Oid,
                HashAlgorithm = algorithm.Hash.Oid,
                SignatureParameters = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(algorithm.Parameters),
                Items = { items },
            }, ct);
        }
        catch (FaultException fault) when (fault.Kind is FaultKind.Forbidden or FaultKind.Conflict or FaultKind.NotFound)
        {
            throw new FaultException(FaultKind.Invalid, "invalid_request", fault.Code switch
            {
                "digest_not_authorised" => NotAuthorized,
                "sad_expired" => "SAD expired",
                _ => "Invalid parameter SAD",
            }, fault);
        }
        catch (FaultException fault) when (fault.Kind is FaultKind.Invalid)
        {
            // What is well-formed and still not offered there, such as an unusual salt length.
            throw new FaultException(FaultKind.Invalid, "invalid_request",
                algorithm.Parameters.IsEmpty ? "Invalid parameter signAlgo" : "Invalid parameter signAlgoParams", fault);
        }
        catch (FaultException fault) when (fault.Kind is FaultKind.Unavailable)
        {
            throw new FaultException(fault.Kind, "temporarily_unavailable", "The signature activation module cannot be reached; try again", fault);
        }
    }

    private static string NameOf(Credential credential)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(credential.Certificate);
        return certificate.Subject;
    }
}
