using MassTransit;

namespace Pechat.Contracts.Events.Identity;

/// <summary>A device was bound to a customer (R-125: the other devices and the e-mail are told).</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="DeviceId">The device.</param>
/// <param name="DeviceName">The name that the customer gave it.</param>
/// <param name="At">When, UTC.</param>
[EntityName("device-bound.v1")]
[MessageUrn("device-bound.v1")]
public sealed record DeviceBound(Guid CustomerId, Guid DeviceId, string DeviceName, DateTimeOffset At);
