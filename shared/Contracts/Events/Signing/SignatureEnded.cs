using MassTransit;

namespace Pechat.Contracts.Events.Signing;

/// <summary>A transaction ended without the signatures that it still had open: the rest of its reservation is released.</summary>
/// <param name="TransactionId">The signing transaction; also the id of the unit reservation.</param>
/// <param name="CustomerId">Who was asked.</param>
/// <param name="Outcome"><c>rejected</c>, <c>expired</c>, <c>closed</c> (by the authorisation server) or <c>failed</c>.</param>
/// <param name="At">When, UTC.</param>
[EntityName("signature-ended.v1")]
[MessageUrn("signature-ended.v1")]
public sealed record SignatureEnded(Guid TransactionId, Guid CustomerId, string Outcome, DateTimeOffset At);
