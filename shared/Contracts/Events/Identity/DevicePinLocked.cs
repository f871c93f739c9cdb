using MassTransit;

namespace Pechat.Contracts.Events.Identity;

/// <summary>A device is locked after too many wrong PINs (SM-2): its PIN must be reset with a fresh identification.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="DeviceId">The device.</param>
/// <param name="DeviceName">The name that the customer gave it.</param>
/// <param name="At">When, UTC.</param>
[EntityName("device-pin-locked.v1")]
[MessageUrn("device-pin-locked.v1")]
public sealed record DevicePinLocked(Guid CustomerId, Guid DeviceId, string DeviceName, DateTimeOffset At);
