using MassTransit;

namespace Pechat.Contracts.Events.Identity;

/// <summary>A profile was locked (SM-1): none of its tokens is good until it is unlocked.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="By"><c>customer</c> or <c>office</c>.</param>
/// <param name="At">When, UTC.</param>
[EntityName("customer-locked.v1")]
[MessageUrn("customer-locked.v1")]
public sealed record CustomerLocked(Guid CustomerId, string By, DateTimeOffset At);
