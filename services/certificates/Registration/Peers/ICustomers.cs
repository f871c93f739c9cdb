using Pechat.Contracts.Identity.V1;

namespace Pechat.Registration.Peers;

/// <summary>What Registration asks Identity.</summary>
internal interface ICustomers
{
    /// <exception cref="Contracts.FaultException"><c>unknown_customer</c>, or Identity is down.</exception>
    Task<Customer> GetAsync(Guid customer, CancellationToken ct);

    /// <exception cref="Contracts.FaultException"><c>unknown_device</c>, or Identity is down.</exception>
    Task<DeviceKey> GetDeviceKeyAsync(Guid device, CancellationToken ct);
}

internal sealed class IdentityCustomers(CustomerDirectory.CustomerDirectoryClient client) : ICustomers
{
    public async Task<Customer> GetAsync(Guid customer, CancellationToken ct) =>
        await client.GetCustomerAsync(new GetCustomerRequest { CustomerId = customer.ToString() }, cancellationToken: ct);

    public async Task<DeviceKey> GetDeviceKeyAsync(Guid device, CancellationToken ct) =>
        await client.GetDeviceKeyAsync(new GetDeviceKeyRequest { DeviceId = device.ToString() }, cancellationToken: ct);
}
