using Pechat.Contracts;
using Pechat.Pki;
using Pechat.Pkcs11;

namespace Pechat.CertificateAuthority.Authorities;

/// <summary>A certification authority: its certificate and its key in the token.</summary>
/// <param name="Name">Short name in the ceremony file; stands in URLs.</param>
/// <param name="IssuerName">Name of its issuer; its own for a root.</param>
/// <param name="Certificate">Its certificate.</param>
/// <param name="Signer">Its key.</param>
internal sealed record Authority(string Name, string IssuerName, Certificate Certificate, ISigner Signer)
{
    internal bool IsRoot => Name == IssuerName;
}

/// <summary>A delegated OCSP responder.</summary>
/// <param name="Certificate">Its certificate.</param>
/// <param name="Signer">Its key.</param>
internal sealed record Responder(Certificate Certificate, ISigner Signer);

/// <summary>Says in the words of the house what a token that does not sign means for the caller.</summary>
internal sealed class FaultingSigner(ISigner inner) : ISigner
{
    public SignatureAlgorithm Algorithm => inner.Algorithm;

    public async ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        try
        {
            return await inner.SignAsync(data, ct);
        }
        catch (TokenBusyException e)
        {
            throw new FaultException(FaultKind.Exhausted, "hsm_busy", "too many signatures wait; try again", e);
        }
        catch (Pkcs11Exception e)
        {
            throw FaultException.Unavailable("hsm_unavailable", "the key does not answer; try again", e);
        }
    }
}
