using MassTransit;

namespace Pechat.Contracts.Events.Identity;

/// <summary>A confirmed e-mail address or telephone was changed; the old and the new one are told.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="ChangeId">The change, by which Notifications asks for the two contacts.</param>
/// <param name="Channel"><c>email</c> or <c>phone</c>.</param>
/// <param name="At">When, UTC.</param>
[EntityName("contact-changed.v1")]
[MessageUrn("contact-changed.v1")]
public sealed record ContactChanged(Guid CustomerId, Guid ChangeId, string Channel, DateTimeOffset At);
