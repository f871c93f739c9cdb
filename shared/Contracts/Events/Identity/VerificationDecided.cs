using MassTransit;

namespace Pechat.Contracts.Events.Identity;

/// <summary>An identity verification has come to an outcome, or waits for the customer to clear something up (SM-3).</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="VerificationId">The attempt.</param>
/// <param name="Outcome"><c>positive</c>, <c>negative</c>, <c>suspended</c>, <c>abandoned</c> or <c>failed</c>.</param>
/// <param name="Reason">Category of R-104; null without one.</param>
/// <param name="At">When, UTC.</param>
[EntityName("verification-decided.v1")]
[MessageUrn("verification-decided.v1")]
public sealed record VerificationDecided(Guid CustomerId, Guid VerificationId, string Outcome, string? Reason, DateTimeOffset At);
