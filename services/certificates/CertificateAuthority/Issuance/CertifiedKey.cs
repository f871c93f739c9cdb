using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using Pechat.Contracts;
using Pechat.Pki;

namespace Pechat.CertificateAuthority.Issuance;

/// <summary>A key whose holder proved possession and whose strength fits the profile.</summary>
/// <param name="Key">The key.</param>
internal sealed record CertifiedKey(SubjectPublicKey Key)
{
    private const int MaxRequest = 8192;
    private static readonly BigInteger SmallestExponent = BigInteger.One << 16;

    /// <summary>SHA-256 of the SubjectPublicKeyInfo.</summary>
    internal byte[] Hash => SHA256.HashData(Key.Encoded.Span);

    /// <exception cref="FaultException">invalid_csr: malformed, not signed by its key, or a key that the profile does not take.</exception>
    internal static CertifiedKey Parse(ReadOnlyMemory<byte> csr, Profile profile)
    {
        CertificationRequest request;
        try
        {
            if (csr.Length > MaxRequest)
                throw Invalid($"the request is longer than {MaxRequest} bytes");
            request = CertificationRequest.Parse(csr);
        }
        catch (AsnContentException e)
        {
            throw new FaultException(FaultKind.Invalid, "invalid_csr", "the request is no PKCS#10 in DER", e);
        }
        if (KeyKind.Of(request.PublicKey) is not { } kind || !profile.Keys.Contains(kind))
            throw Invalid($"the profile {profile.Name} takes keys of {string.Join(", ", profile.Keys)}");
        // TS 119 312: odd and 2^16 < e < 2^256
        if (request.PublicKey.RsaExponent is { } e2 && (e2.IsEven || e2 <= SmallestExponent || e2.GetBitLength() > 256))
            throw Invalid("the public exponent is out of range");
        // Also refuses MD5, SHA-1, and points off the curve: no signature verifies under them.
        if (!request.ProvesPossession)
            throw Invalid("the request is not signed by its own key with an accepted algorithm");
        return new CertifiedKey(request.PublicKey);
    }

    private static FaultException Invalid(string detail) => FaultException.Invalid("invalid_csr", detail);
}
