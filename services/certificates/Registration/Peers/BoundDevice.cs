using System.Security.Claims;
using Pechat.Contracts;
using Pechat.Contracts.Identity.V1;
using Pechat.Hosting;
using Pechat.Hosting.Jose;

namespace Pechat.Registration.Peers;

/// <summary>The phone behind a token, as Identity knows it now: a token outlives a detached device by minutes, its authority does not .</summary>
internal static class BoundDevice
{
    /// <exception cref="FaultException">The token names no device of this customer that still counts.</exception>
    internal static async Task<(Guid Id, EcPublicKey Key)> OfAsync(ICustomers customers, ClaimsPrincipal user, CancellationToken ct)
    {
        Guid device = user.DeviceId() ?? throw FaultException.Forbidden("device_required", "a bound phone must confirm");
        DeviceKey key = await customers.GetDeviceKeyAsync(device, ct);
        return key.Active && key.CustomerId == user.CustomerId().ToString()
            ? (device, EcPublicKey.Parse(key.PublicKey))
            : throw FaultException.Forbidden("device_not_active", "this phone is not bound any more");
    }
}
