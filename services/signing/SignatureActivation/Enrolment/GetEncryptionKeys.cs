using System.Text.Json;
using Grpc.Core;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.SignatureActivation.Jose;

namespace Pechat.SignatureActivation;

internal sealed partial class ActivationModuleService
{
    /// <summary>The JWKS to which phones encrypt PINs.</summary>
    [Callers("identity", "signing")]
    public override Task<GetEncryptionKeysReply> GetEncryptionKeys(GetEncryptionKeysRequest request, ServerCallContext context)
    {
        Jwk key = module.Keys.EncryptionKey;
        string jwks = JsonSerializer.Serialize(new
        {
            keys = new[]
            {
                new { kty = "EC", crv = "P-256", x = StrictJson.Text(key.X), y = StrictJson.Text(key.Y), use = "enc", alg = "ECDH-ES", kid = key.Thumbprint },
            },
        });
        return Task.FromResult(new GetEncryptionKeysReply { Jwks = jwks });
    }
}
