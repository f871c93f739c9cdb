using MassTransit;

namespace Pechat.Contracts.Events.Signing;

/// <summary>A customer is asked to confirm a signature on the phone.</summary>
/// <param name="TransactionId">The signing transaction.</param>
/// <param name="CustomerId">Who must confirm.</param>
/// <param name="ClientId">For whom the signature is made.</param>
/// <param name="Documents">How many documents or digests.</param>
/// <param name="ExpiresAt">Until when, UTC.</param>
[EntityName("signature-requested.v1")]
[MessageUrn("signature-requested.v1")]
public sealed record SignatureRequested(Guid TransactionId, Guid CustomerId, string ClientId, int Documents, DateTimeOffset ExpiresAt);
