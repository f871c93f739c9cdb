using Pechat.Contracts.SignatureActivation.V1;

namespace Pechat.Identity.Devices;

/// <summary>What Identity asks of the signature activation module.</summary>
internal interface ISignatureActivation
{
    /// <summary>Keys to which PINs are encrypted: JWK set as JSON.</summary>
    Task<string> GetEncryptionKeysAsync(CancellationToken ct);

    /// <summary>Enrols a device; idempotent.</summary>
    Task EnrolAsync(EnrolDeviceRequest request, CancellationToken ct);

    /// <summary>Sets a new PIN.</summary>
    Task SetPinAsync(SetPinRequest request, CancellationToken ct);

    /// <summary>Ends a device's authority; idempotent.</summary>
    Task DetachAsync(Guid owner, Guid device, CancellationToken ct);
}

/// <summary>Over gRPC.</summary>
internal sealed class SignatureActivationPeer(ActivationModule.ActivationModuleClient client) : ISignatureActivation
{
    public async Task<string> GetEncryptionKeysAsync(CancellationToken ct) =>
        (await client.GetEncryptionKeysAsync(new GetEncryptionKeysRequest(), cancellationToken: ct)).Jwks;

    public async Task EnrolAsync(EnrolDeviceRequest request, CancellationToken ct) => await client.EnrolDeviceAsync(request, cancellationToken: ct);

    public async Task SetPinAsync(SetPinRequest request, CancellationToken ct) => await client.SetPinAsync(request, cancellationToken: ct);

    public async Task DetachAsync(Guid owner, Guid device, CancellationToken ct) =>
        await client.DetachDeviceAsync(new DetachDeviceRequest { OwnerId = owner.ToString(), DeviceId = device.ToString() }, cancellationToken: ct);
}
