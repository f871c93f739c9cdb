using Google.Protobuf;
using Pechat.Contracts.Signing.V1;

namespace Pechat.Identity.OAuth;

/// <summary>What the authorization endpoint asks of Signing for the scope credential.</summary>
internal interface ICredentialAuthorization
{
    /// <summary>Asks the signer's phone; the same transaction again answers what became of it.</summary>
    Task<AuthorizationReply> OpenAsync(OpenAuthorizationRequest request, CancellationToken ct);

    /// <summary>What became of it.</summary>
    Task<AuthorizationReply> GetAsync(Guid transaction, CancellationToken ct);

    /// <summary>Ends it; idempotent.</summary>
    Task CloseAsync(Guid transaction, CancellationToken ct);
}

/// <summary>Over gRPC.</summary>
internal sealed class SigningPeer(CredentialAuthorization.CredentialAuthorizationClient client) : ICredentialAuthorization
{
    public async Task<AuthorizationReply> OpenAsync(OpenAuthorizationRequest request, CancellationToken ct) => await client.OpenAsync(request, cancellationToken: ct);

    public async Task<AuthorizationReply> GetAsync(Guid transaction, CancellationToken ct) =>
        await client.GetAsync(new GetAuthorizationRequest { TransactionId = transaction.ToString() }, cancellationToken: ct);

    public async Task CloseAsync(Guid transaction, CancellationToken ct) =>
        await client.CloseAsync(new GetAuthorizationRequest { TransactionId = transaction.ToString() }, cancellationToken: ct);

    /// <summary>The question for Signing.</summary>
    internal static OpenAuthorizationRequest Question(Guid transaction, Guid customer, string client, CredentialRequest asked) => new()
    {
        TransactionId = transaction.ToString(),
        CustomerId = customer.ToString(),
        ClientId = client,
        CredentialId = asked.CredentialId ?? "",
        SignatureQualifier = asked.SignatureQualifier ?? "",
        NumSignatures = asked.NumSignatures ?? 0,
        HashAlgorithm = asked.HashAlgorithm ?? "",
        Description = asked.Description ?? "",
        Digests =
        {
            asked.Digests.Select(d => new DocumentDigest { Hash = UnsafeByteOperations.UnsafeWrap(d.Hash), Label = d.Label ?? "", HashType = d.HashType ?? "" }),
        },
    };
}
