using System.Security.Cryptography;

namespace Pechat.Pkcs11;

/// <summary>A mechanism with its parameters, as a value that costs no allocation (PKCS#11 v2.40 current mechanisms).</summary>
public readonly struct Mechanism : IEquatable<Mechanism>
{
    internal const nuint Ecdh1DeriveType = 0x1050;

    private Mechanism(nuint type, CkPssParameters pss = default) => (Type, Pss) = (type, pss);

    internal nuint Type { get; }

    internal CkPssParameters Pss { get; }

    internal bool HasPss => Pss.Hash != 0;

    /// <summary>CKM_ECDSA: signs a digest; answers r and s, each as long as the curve's order.</summary>
    public static Mechanism Ecdsa => new(0x1041);

    /// <summary>CKM_RSA_PKCS: signs a DER DigestInfo, see <see cref="DigestInfo"/> (RFC 8017 §8.2).</summary>
    public static Mechanism RsaPkcs1 => new(0x1);

    /// <summary>CKM_SHA256_HMAC.</summary>
    public static Mechanism HmacSha256 => new(0x251);

    /// <summary>CKM_AES_KEY_WRAP_PAD (RFC 5649).</summary>
    public static Mechanism AesKeyWrapPad => new(0x210A);

    internal static Mechanism EcKeyPairGeneration => new(0x1040);

    internal static Mechanism RsaKeyPairGeneration => new(0x0);

    internal static Mechanism AesKeyGeneration => new(0x1080);

    internal static Mechanism GenericSecretGeneration => new(0x350);

    /// <summary>CKM_RSA_PKCS_PSS: signs a digest (RFC 8017 §8.1) with MGF1 over the same hash.</summary>
    /// <param name="hash">SHA-256, SHA-384 or SHA-512; the hash of the digest to be signed.</param>
    /// <param name="saltLength">Octets of salt; by default as many as the hash has.</param>
    /// <exception cref="ArgumentException">Another hash.</exception>
    public static Mechanism RsaPss(HashAlgorithmName hash, int? saltLength = null)
    {
        (nuint mechanism, nuint mgf, int length) = hash.Name switch
        {
            "SHA256" => ((nuint)0x250, (nuint)2, 32),
            "SHA384" => ((nuint)0x260, (nuint)3, 48),
            "SHA512" => ((nuint)0x270, (nuint)4, 64),
            _ => throw new ArgumentException($"no RSASSA-PSS with {hash.Name}", nameof(hash)),
        };
        return new(0xD, new CkPssParameters { Hash = mechanism, MaskGeneration = mgf, SaltLength = (nuint)(saltLength ?? length) });
    }

    /// <inheritdoc/>
    public bool Equals(Mechanism other) => Type == other.Type && Pss.Hash == other.Pss.Hash && Pss.SaltLength == other.Pss.SaltLength;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Mechanism other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Type, Pss.Hash, Pss.SaltLength);

    /// <summary>Compares type and parameters.</summary>
    public static bool operator ==(Mechanism left, Mechanism right) => left.Equals(right);

    /// <summary>Compares type and parameters.</summary>
    public static bool operator !=(Mechanism left, Mechanism right) => !left.Equals(right);
}
