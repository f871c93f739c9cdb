using Pechat.Contracts.SignatureActivation.V1;

namespace Pechat.Registration.Peers;

/// <summary>What Registration asks the signature activation module.</summary>
internal interface IKeys
{
    /// <summary>Makes a key pair for an owner; the same one for the same request.</summary>
    /// <exception cref="Contracts.FaultException">The module refuses or is down.</exception>
    Task<(Guid CredentialId, byte[] Csr)> CreateAsync(Guid request, Guid owner, string algorithm, string commonName, CancellationToken ct);
}

internal sealed class ModuleKeys(ActivationModule.ActivationModuleClient client) : IKeys
{
    /// <summary>Algorithms by the names that the phone uses.</summary>
    internal static readonly IReadOnlyDictionary<string, KeyAlgorithm> Algorithms = new Dictionary<string, KeyAlgorithm>(StringComparer.Ordinal)
    {
        ["P-256"] = KeyAlgorithm.P256, ["P-384"] = KeyAlgorithm.P384,
        ["RSA-2048"] = KeyAlgorithm.Rsa2048, ["RSA-3072"] = KeyAlgorithm.Rsa3072, ["RSA-4096"] = KeyAlgorithm.Rsa4096,
    };

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25); // RSA-4096 keys take seconds to make

    public async Task<(Guid CredentialId, byte[] Csr)> CreateAsync(Guid request, Guid owner, string algorithm, string commonName, CancellationToken ct)
    {
        CreateCredentialReply reply = await client.CreateCredentialAsync(
            new CreateCredentialRequest { RequestId = request.ToString(), OwnerId = owner.ToString(), Algorithm = Algorithms[algorithm], CommonName = commonName },
            deadline: DateTime.SpecifyKind(TimeProvider.System.GetUtcNow().UtcDateTime + Patience, DateTimeKind.Utc), cancellationToken: ct);
        return (Guid.Parse(reply.CredentialId), reply.Csr.ToByteArray());
    }
}
