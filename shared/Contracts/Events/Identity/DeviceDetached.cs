using MassTransit;

namespace Pechat.Contracts.Events.Identity;

/// <summary>A device lost its authority (R-124: confirmed by e-mail).</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="DeviceId">The device.</param>
/// <param name="DeviceName">The name that the customer gave it.</param>
/// <param name="At">When, UTC.</param>
[EntityName("device-detached.v1")]
[MessageUrn("device-detached.v1")]
public sealed record DeviceDetached(Guid CustomerId, Guid DeviceId, string DeviceName, DateTimeOffset At);
