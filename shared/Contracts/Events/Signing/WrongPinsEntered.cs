using MassTransit;

namespace Pechat.Contracts.Events.Signing;

/// <summary>The activation module locked a device after too many wrong PINs (SM-2, R-120).</summary>
/// <param name="CustomerId">Its owner.</param>
/// <param name="DeviceId">The device.</param>
/// <param name="At">When, UTC.</param>
[EntityName("wrong-pins-entered.v1")]
[MessageUrn("wrong-pins-entered.v1")]
public sealed record WrongPinsEntered(Guid CustomerId, Guid DeviceId, DateTimeOffset At);
