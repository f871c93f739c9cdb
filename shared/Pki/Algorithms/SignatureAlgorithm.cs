using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>Family of a signature algorithm.</summary>
public enum SignatureScheme
{
    /// <summary>RSASSA-PKCS1-v1_5.</summary>
    RsaPkcs1,

    /// <summary>RSASSA-PSS with MGF1 over the same hash; in the table with a salt as long as the hash.</summary>
    RsaPss,

    /// <summary>ECDSA; values are DER <c>SEQUENCE { r, s }</c> everywhere in this library.</summary>
    Ecdsa,
}

/// <summary>The signature algorithms we make and accept (TS 119 312), as a typed table.</summary>
public sealed class SignatureAlgorithm
{
    private static readonly byte[] NullParameters = [0x05, 0x00];

    private SignatureAlgorithm(string oid, SignatureScheme scheme, DigestAlgorithm digest, string jwaName, int? saltLength = null)
    {
        Scheme = scheme;
        Digest = digest;
        JwaName = jwaName;
        SaltLength = saltLength ?? digest.Length;
        Identifier = new AlgorithmIdentifier(oid, scheme switch
        {
            SignatureScheme.RsaPkcs1 => NullParameters,      // RFC 4055 §5: NULL is required
            SignatureScheme.RsaPss => new RsaPssParameters(digest, SaltLength).Encode(),
            _ => default(ReadOnlyMemory<byte>),              // RFC 5758 §3.2: absent
        });
    }

    /// <summary>sha256WithRSAEncryption.</summary>
    public static SignatureAlgorithm RsaSha256 { get; } = new("1.2.840.113549.1.1.11", SignatureScheme.RsaPkcs1, DigestAlgorithm.Sha256, "RS256");

    /// <summary>sha384WithRSAEncryption.</summary>
    public static SignatureAlgorithm RsaSha384 { get; } = new("1.2.840.113549.1.1.12", SignatureScheme.RsaPkcs1, DigestAlgorithm.Sha384, "RS384");

    /// <summary>sha512WithRSAEncryption.</summary>
    public static SignatureAlgorithm RsaSha512 { get; } = new("1.2.840.113549.1.1.13", SignatureScheme.RsaPkcs1, DigestAlgorithm.Sha512, "RS512");

    /// <summary>RSASSA-PSS with SHA-256 and a salt of 32 bytes.</summary>
    public static SignatureAlgorithm RsaPssSha256 { get; } = new(Oids.RsaPss, SignatureScheme.RsaPss, DigestAlgorithm.Sha256, "PS256");

    /// <summary>RSASSA-PSS with SHA-384 and a salt of 48 bytes.</summary>
    public static SignatureAlgorithm RsaPssSha384 { get; } = new(Oids.RsaPss, SignatureScheme.RsaPss, DigestAlgorithm.Sha384, "PS384");

    /// <summary>RSASSA-PSS with SHA-512 and a salt of 64 bytes.</summary>
    public static SignatureAlgorithm RsaPssSha512 { get; } = new(Oids.RsaPss, SignatureScheme.RsaPss, DigestAlgorithm.Sha512, "PS512");

    /// <summary>ecdsa-with-SHA256.</summary>
    public static SignatureAlgorithm EcdsaSha256 { get; } = new("1.2.840.10045.4.3.2", SignatureScheme.Ecdsa, DigestAlgorithm.Sha256, "ES256");

    /// <summary>ecdsa-with-SHA384.</summary>
    public static SignatureAlgorithm EcdsaSha384 { get; } = new("1.2.840.10045.4.3.3", SignatureScheme.Ecdsa, DigestAlgorithm.Sha384, "ES384");

    /// <summary>ecdsa-with-SHA512.</summary>
    public static SignatureAlgorithm EcdsaSha512 { get; } = new("1.2.840.10045.4.3.4", SignatureScheme.Ecdsa, DigestAlgorithm.Sha512, "ES512");

    /// <summary>Every row of the table.</summary>
    public static IReadOnlyList<SignatureAlgorithm> All { get; } =
        [RsaSha256, RsaSha384, RsaSha512, RsaPssSha256, RsaPssSha384, RsaPssSha512, EcdsaSha256, EcdsaSha384, EcdsaSha512];

    /// <summary>Dotted OID; the three PSS rows share one and differ in their parameters.</summary>
    public string Oid => Identifier.Oid;

    /// <summary>AlgorithmIdentifier as we write it.</summary>
    public AlgorithmIdentifier Identifier { get; }

    /// <summary>Family.</summary>
    public SignatureScheme Scheme { get; }

    /// <summary>Hash under the signature.</summary>
    public DigestAlgorithm Digest { get; }

    /// <summary>Octets of salt; only RSASSA-PSS has one.</summary>
    public int SaltLength { get; }

    /// <summary>Name in RFC 7518, e.g. <c>ES256</c>; for ECDSA JWA binds the curve, this table does not.</summary>
    public string JwaName { get; }

    /// <summary>The row with this identifier, parameters included; null when it is none of ours.</summary>
    /// <param name="identifier">As read.</param>
    public static SignatureAlgorithm? Find(AlgorithmIdentifier identifier) => All.FirstOrDefault(each => each.Identifier.Equals(identifier));

    /// <summary>The row for a SignerInfo, where RSA may name its hash only in digestAlgorithm (RFC 5754 §3.2).</summary>
    /// <param name="identifier">SignerInfo.signatureAlgorithm.</param>
    /// <param name="digest">SignerInfo.digestAlgorithm.</param>
    public static SignatureAlgorithm? FindForCms(AlgorithmIdentifier identifier, DigestAlgorithm digest)
    {
        SignatureAlgorithm? found = identifier.Oid == Oids.RsaEncryption && identifier.HasNoParameters
            ? All.First(each => each.Scheme == SignatureScheme.RsaPkcs1 && each.Digest == digest)
            : Find(identifier);
        return found?.Digest == digest ? found : null; // RFC 5652 §5.6: one hash for the content and the attributes
    }

    /// <summary>RSASSA-PSS with a salt of any length; the row of the table if it is as long as the hash.</summary>
    /// <param name="parameters">As read; the caller checks that the key is long enough.</param>
    public static SignatureAlgorithm RsaPss(RsaPssParameters parameters)
    {
        SignatureAlgorithm row = For(SignatureScheme.RsaPss, parameters.Hash);
        return parameters.SaltLength == row.SaltLength ? row : new(Oids.RsaPss, SignatureScheme.RsaPss, parameters.Hash, row.JwaName, parameters.SaltLength);
    }

    /// <summary>The row of a family and a hash.</summary>
    /// <param name="scheme">Family.</param>
    /// <param name="digest">A SHA-2 function.</param>
    public static SignatureAlgorithm For(SignatureScheme scheme, DigestAlgorithm digest) =>
        All.First(each => each.Scheme == scheme && each.Digest == digest);

    /// <inheritdoc/>
    public override string ToString() => JwaName;

    internal void Write(AsnWriter writer) => Identifier.Write(writer);
}
