using Microsoft.IdentityModel.Tokens;
using Pechat.Hosting;

namespace Pechat.Identity.OAuth;

/// <summary>Lets Identity accept its own access tokens without asking itself over the network.</summary>
internal sealed class OwnKeys(SigningKeys keys) : ITokenKeys
{
    public Task<SecurityKey?> FindAsync(string? kid, CancellationToken ct) => Task.FromResult<SecurityKey?>(
        keys.Published.FirstOrDefault(k => k.Thumbprint == kid) is { } key ? new JsonWebKey(key.Json) { KeyId = key.Thumbprint } : null);
}
