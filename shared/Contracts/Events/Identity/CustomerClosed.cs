using MassTransit;

namespace Pechat.Contracts.Events.Identity;

/// <summary>A profile was closed for ever (SM-1): its requests are rejected, its cloud certificates revoked, its packages closed.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="At">When, UTC.</param>
[EntityName("customer-closed.v1")]
[MessageUrn("customer-closed.v1")]
public sealed record CustomerClosed(Guid CustomerId, DateTimeOffset At);
