using MassTransit;

namespace Pechat.Contracts.Events.Identity;

/// <summary>The PIN of a device was changed or reset.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="DeviceId">The device.</param>
/// <param name="DeviceName">The name that the customer gave it.</param>
/// <param name="At">When, UTC.</param>
[EntityName("pin-changed.v1")]
[MessageUrn("pin-changed.v1")]
public sealed record PinChanged(Guid CustomerId, Guid DeviceId, string DeviceName, DateTimeOffset At);
