namespace Pechat.Identity.Devices;

/// <summary>The keys to which the phone encrypts PINs, passed through from the SAM.</summary>
internal static class GetSamKeys
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/sam-keys", Handle);

    internal static async Task<IResult> Handle(ISignatureActivation sam, CancellationToken ct) =>
        Results.Text(await sam.GetEncryptionKeysAsync(ct), "application/jwk-set+json");
}
