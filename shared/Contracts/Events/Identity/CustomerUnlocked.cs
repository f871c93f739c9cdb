using MassTransit;

namespace Pechat.Contracts.Events.Identity;

/// <summary>A locked profile was opened again after identification (SM-1).</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="At">When, UTC.</param>
[EntityName("customer-unlocked.v1")]
[MessageUrn("customer-unlocked.v1")]
public sealed record CustomerUnlocked(Guid CustomerId, DateTimeOffset At);
