using System.Security.Cryptography;

namespace Pechat.Pki;

/// <summary>Somebody who signs with a private key that this library never sees: an HSM, or a key in memory for tests.</summary>
public interface ISigner
{
    /// <summary>What it signs with.</summary>
    SignatureAlgorithm Algorithm { get; }

    /// <summary>Signs; the signer hashes. ECDSA values are DER <c>SEQUENCE { r, s }</c>.</summary>
    /// <param name="data">Exactly the bytes to sign.</param>
    /// <param name="ct">Gives up waiting.</param>
    ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken ct);
}

/// <summary>Signs with a key in memory: tests, and the throw-away key under which a certificate is linted.</summary>
public sealed class MemorySigner : ISigner
{
    private readonly AsymmetricAlgorithm _key;

    /// <summary>Borrows the key; the caller disposes it.</summary>
    /// <param name="key">RSA or ECDSA private key.</param>
    /// <param name="algorithm">Null for PKCS#1 or ECDSA with SHA-256.</param>
    public MemorySigner(AsymmetricAlgorithm key, SignatureAlgorithm? algorithm = null)
    {
        _key = key;
        Algorithm = algorithm ?? (key is RSA ? SignatureAlgorithm.RsaSha256 : SignatureAlgorithm.EcdsaSha256);
    }

    /// <inheritdoc/>
    public SignatureAlgorithm Algorithm { get; }

    /// <inheritdoc/>
    public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken ct) => ValueTask.FromResult((_key, Algorithm.Scheme) switch
    {
        (RSA rsa, SignatureScheme.RsaPkcs1) => rsa.SignData(data.Span, Algorithm.Digest.Name, RSASignaturePadding.Pkcs1),
        (RSA rsa, SignatureScheme.RsaPss) => rsa.SignData(data.Span, Algorithm.Digest.Name, RSASignaturePadding.Pss),
        (ECDsa ecdsa, SignatureScheme.Ecdsa) => ecdsa.SignData(data.Span, Algorithm.Digest.Name, DSASignatureFormat.Rfc3279DerSequence),
        _ => throw new InvalidOperationException($"This key does not sign with {Algorithm}."),
    });
}
