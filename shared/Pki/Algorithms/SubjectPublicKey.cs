using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;

namespace Pechat.Pki;

/// <summary>SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). Immutable and thread-safe.</summary>
public sealed class SubjectPublicKey
{
    private SubjectPublicKey(ReadOnlyMemory<byte> der, AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> keyBits)
    {
        Encoded = der;
        Algorithm = algorithm;
        KeyBits = keyBits;
    }

    /// <summary>The whole SubjectPublicKeyInfo, DER.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>Key algorithm.</summary>
    public AlgorithmIdentifier Algorithm { get; }

    /// <summary>Contents of the BIT STRING without the octet of unused bits: what OCSP and key identifiers hash.</summary>
    public ReadOnlyMemory<byte> KeyBits { get; }

    /// <summary>Modulus length in bits; null when the key is not RSA.</summary>
    public int? RsaModulusBits { get; private init; }

    /// <summary>Public exponent; null when the key is not RSA.</summary>
    public BigInteger? RsaExponent { get; private init; }

    /// <summary>Dotted OID of the named curve; null when the key is not EC.</summary>
    public string? Curve { get; private init; }

    /// <summary>SHA-1 of <see cref="KeyBits"/> (RFC 5280 §4.2.1.2 method 1; OCSP ResponderID byKey).</summary>
    public byte[] KeyIdentifier => DigestAlgorithm.Sha1.Hash(KeyBits.Span);

    /// <summary>Reads untrusted DER. A key of an unknown algorithm is read and verifies nothing.</summary>
    /// <param name="der">SubjectPublicKeyInfo.</param>
    /// <exception cref="AsnContentException">The data is not DER or has another shape.</exception>
    public static SubjectPublicKey Parse(ReadOnlyMemory<byte> der)
    {
        AsnReader sequence = Der.Sequence(der);
        AlgorithmIdentifier algorithm = AlgorithmIdentifier.Read(sequence);
        ReadOnlyMemory<byte> bits = Der.OctetBits(sequence);
        sequence.ThrowIfNotEmpty();
        return algorithm.Oid switch
        {
            Oids.RsaEncryption => ReadRsa(der, algorithm, bits),
            Oids.EcPublicKey => ReadEc(der, algorithm, bits),
            _ => new SubjectPublicKey(der, algorithm, bits),
        };
    }

    /// <summary>The public half of a key of the base class library.</summary>
    /// <param name="key">RSA or ECDSA key.</param>
    public static SubjectPublicKey FromTrusted(AsymmetricAlgorithm key) => Parse(key.ExportSubjectPublicKeyInfo());

    /// <summary>Checks a signature. A key that cannot be used, or that belongs to another family, verifies nothing.</summary>
    /// <param name="algorithm">Algorithm of the signature.</param>
    /// <param name="data">What was signed.</param>
    /// <param name="signature">Signature value; ECDSA as DER.</param>
    public bool Verify(SignatureAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        VerifyHash(algorithm, algorithm.Digest.Hash(data), signature);

    /// <summary>Checks a signature over a digest.</summary>
    /// <param name="algorithm">Algorithm of the signature.</param>
    /// <param name="digest">Hash of what was signed.</param>
    /// <param name="signature">Signature value; ECDSA as DER.</param>
    public bool VerifyHash(SignatureAlgorithm algorithm, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        try
        {
            if (algorithm.Scheme == SignatureScheme.Ecdsa)
            {
                if (Curve is null)
                    return false;
                using var ecdsa = ECDsa.Create();
                ecdsa.ImportSubjectPublicKeyInfo(Encoded.Span, out _);
                return ecdsa.VerifyHash(digest, signature, DSASignatureFormat.Rfc3279DerSequence);
            }
            if (RsaModulusBits is null)
                return false;
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(Encoded.Span, out _);
            if (algorithm.Scheme == SignatureScheme.RsaPss && algorithm.SaltLength != algorithm.Digest.Length)
                return EmsaPss.Verify(rsa.ExportParameters(false), algorithm.Digest, algorithm.SaltLength, digest, signature);
            return rsa.VerifyHash(digest, signature, algorithm.Digest.Name,
                algorithm.Scheme == SignatureScheme.RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        }
        catch (Exception refused) when (refused is CryptographicException or PlatformNotSupportedException)
        {
            return false; // the platform refuses the key (point off the curve, unknown curve): nothing verifies under it
        }
    }

    private static SubjectPublicKey ReadRsa(ReadOnlyMemory<byte> der, AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> bits)
    {
        AsnReader key = Der.Sequence(bits);
        BigInteger modulus = key.ReadInteger();
        BigInteger exponent = key.ReadInteger();
        key.ThrowIfNotEmpty();
        if (!algorithm.HasNoParameters || modulus.Sign <= 0 || exponent.Sign <= 0)
            throw new AsnContentException("This is no RSA public key (RFC 3279 §2.3.1).");
        return new SubjectPublicKey(der, algorithm, bits) { RsaModulusBits = (int)modulus.GetBitLength(), RsaExponent = exponent };
    }

    private static SubjectPublicKey ReadEc(ReadOnlyMemory<byte> der, AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> bits)
    {
        AsnReader parameters = Der.Reader(algorithm.Parameters);
        string curve = parameters.ReadObjectIdentifier(); // RFC 5480 §2.1.1: named curves only
        parameters.ThrowIfNotEmpty();
        return new SubjectPublicKey(der, algorithm, bits) { Curve = curve };
    }
}
