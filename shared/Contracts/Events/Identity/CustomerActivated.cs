using MassTransit;

namespace Pechat.Contracts.Events.Identity;

/// <summary>A customer's profile became active (SM-1): free units may be granted.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="At">When, UTC.</param>
[EntityName("customer-activated.v1")]
[MessageUrn("customer-activated.v1")]
public sealed record CustomerActivated(Guid CustomerId, DateTimeOffset At);
