using Microsoft.IdentityModel.Tokens;
using Pechat.Hosting;

namespace Pechat.Identity.OAuth;

/// <summary>Lets Identity accept its own access tokens without asking itself over the network.</summary>
internal sealed class OwnKeys(SigningKeys keys) : ITokenKeys
{
    private readonly Dictionary<string, SecurityKey> _byId = keys.Published.ToDictionary(
        k => k.Thumbprint, k => (SecurityKey)new JsonWebKey(k.Json) { KeyId = k.Thumbprint }, StringComparer.Ordinal);

    public Task<SecurityKey?> FindAsync(string? kid, CancellationToken ct) => Task.FromResult(_byId.GetValueOrDefault(kid ?? ""));
}
