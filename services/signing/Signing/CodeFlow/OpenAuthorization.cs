using Grpc.Core;
using Pechat.Contracts.Signing.V1;
using Pechat.Hosting;
using Pechat.Pki;
using Pechat.Signing.Credentials;
using Pechat.Signing.Csc;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.CodeFlow;

internal sealed partial class CredentialAuthorizationService
{
    private const int MaxLabelLength = 255;

    /// <summary>Asks the signer's phone. The same transaction again answers what became of it.</summary>
    [Callers("identity")]
    public override async Task<AuthorizationReply> Open(OpenAuthorizationRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        if (!Guid.TryParseExact(request.TransactionId, "D", out Guid id) || !Guid.TryParseExact(request.CustomerId, "D", out Guid customer) || request.ClientId.Length == 0)
            throw CscRequest.Invalid("transaction_id and customer_id must be UUIDs, and client_id must be given");
        // Step 1: again?
        if (await FindAsync(id, ct) is var (known, its))
            return known.CustomerId == customer && known.ClientId == request.ClientId ? Reply(known, its) : throw CscRequest.Invalid("the transaction belongs to another request");
        // Step 2: whatever can be refused is refused before the phone rings.
        Credential credential = await ChooseAsync(request, customer, ct);
        SigningTransaction transaction = Read(request, id, credential);
        if (!credential.IsEnabled(clock.GetUtcNow()))
            throw CscRequest.Invalid("The credential identified by credentialID is disabled");
        // Step 3: ask.
        await open.OpenAsync(transaction, store: null, ct);
        return Reply(transaction, credential);
    }

    private async Task<Credential> ChooseAsync(OpenAuthorizationRequest request, Guid customer, CancellationToken ct)
    {
        if (request.CredentialId.Length > 0)
        {
            Credential named = await GetCredential.FindAsync(db, request.CredentialId, new Caller(customer, request.ClientId), ct);
            return request.SignatureQualifier.Length == 0 || CredentialInfo.QualifierOf(named) == request.SignatureQualifier
                ? named : throw CscRequest.InvalidParameter("signatureQualifier");
        }
        List<Credential> usable = await ListCredentials.QueryAsync(db, customer, onlyValid: true, Guid.Empty, ListCredentials.MaxPageSize, clock.GetUtcNow(), ct);
        if (request.SignatureQualifier.Length > 0)
            return usable.Where(each => CredentialInfo.QualifierOf(each) == request.SignatureQualifier).MaxBy(each => each.NotBefore)
                ?? throw CscRequest.InvalidParameter("signatureQualifier");
        return usable.Count == 1 ? usable[0] : throw CscRequest.MissingString("credentialID");
    }

    private SigningTransaction Read(OpenAuthorizationRequest request, Guid id, Credential credential)
    {
        int count = request.NumSignatures == 0 ? request.Digests.Count : request.NumSignatures;
        if (request.Digests.Count == 0)
            throw Digests.Missing(CscVersion.V2); // SCAL 2
        if (count < 1)
            throw CscRequest.Invalid("Invalid value for parameter numSignatures");
        if (count > options.MultiSign)
            throw CscRequest.Invalid("Numbers of signatures is too high");
        if (count != request.Digests.Count)
            throw CscRequest.Invalid("The number of hashes must equal numSignatures");
        DigestAlgorithm algorithm = request.HashAlgorithm.Length > 0
            ? DigestAlgorithm.Find(request.HashAlgorithm) ?? throw CscRequest.InvalidParameter("hashAlgorithmOID")
            : DigestAlgorithm.All.FirstOrDefault(each => each.Length == request.Digests[0].Hash.Length) ?? throw CscRequest.Invalid("Invalid digest value length");
        if (request.Digests.Any(digest => digest.Hash.Length != algorithm.Length))
            throw CscRequest.Invalid("Invalid digest value length");
        string[] kinds = [.. request.Digests.Select(digest => digest.HashType.Length > 0 ? digest.HashType : SigningTransaction.Dtbsr).Distinct()];
        if (kinds is not [SigningTransaction.Dtbsr or SigningTransaction.Sdr])
            throw CscRequest.InvalidParameter("hashType");
        if (request.Description.Length > AuthorizeCredential.MaxDescriptionLength || request.Description.Contains('\0', StringComparison.Ordinal))
            throw CscRequest.InvalidParameter("description");
        if (request.Digests.Any(digest => digest.Label.Length > MaxLabelLength || digest.Label.Any(char.IsControl)))
            throw CscRequest.InvalidParameter("label");
        DateTimeOffset now = clock.GetUtcNow();
        return new SigningTransaction
        {
            Id = id,
            CustomerId = credential.CustomerId,
            CredentialId = credential.Id,
            ClientId = request.ClientId,
            Payer = options.PayerFor(request.ClientId),
            Purpose = "authorization",
            Description = request.Description,
            Kind = kinds[0],
            HashAlgorithm = algorithm.Oid,
            Names = [.. request.Digests.Select((digest, i) => digest.Label.Length > 0 ? digest.Label : UsualName(i))],
            Digests = [.. request.Digests.Select(digest => digest.Hash.ToByteArray())],
            Remaining = count,
            CreatedAt = now.UtcDateTime,
            ExpiresAt = (now + options.ConfirmationLifetime).UtcDateTime,
        };
    }
}
