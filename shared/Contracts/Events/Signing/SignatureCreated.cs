using MassTransit;

namespace Pechat.Contracts.Events.Signing;

/// <summary>Signatures of one transaction exist: its reservation is captured, its files are archived, its customer is told.</summary>
/// <param name="TransactionId">The signing transaction; also the id of the unit reservation.</param>
/// <param name="CustomerId">The signer.</param>
/// <param name="CredentialId">The credential that signed.</param>
/// <param name="ClientId">For whom.</param>
/// <param name="Signatures">How many signatures this event is about.</param>
/// <param name="DocumentIds">Signed files that Signing holds for the archive; empty when only digests were signed.</param>
/// <param name="At">When, UTC.</param>
[EntityName("signature-created.v1")]
[MessageUrn("signature-created.v1")]
public sealed record SignatureCreated(Guid TransactionId, Guid CustomerId, Guid CredentialId, string ClientId, int Signatures, IReadOnlyList<Guid> DocumentIds, DateTimeOffset At);
