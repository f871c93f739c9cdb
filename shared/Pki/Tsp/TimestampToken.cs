using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>A time-stamp token: SignedData over a <see cref="TstInfo"/> by one TSU (RFC 3161 §2.4.2, RFC 5816).</summary>
public sealed class TimestampToken
{
    private TimestampToken(ReadOnlyMemory<byte> der, SignedData signedData, TstInfo info)
    {
        Encoded = der;
        SignedData = signedData;
        Info = info;
    }

    /// <summary>DER of the ContentInfo.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>The CMS around it.</summary>
    public SignedData SignedData { get; }

    /// <summary>What it says.</summary>
    public TstInfo Info { get; }

    /// <summary>The only signer: the TSU.</summary>
    public SignerInfo Signer => SignedData.Signers[0];

    /// <summary>Signs a token.</summary>
    /// <param name="info">What it says.</param>
    /// <param name="certificate">The TSU's certificate.</param>
    /// <param name="signer">The TSU's key.</param>
    /// <param name="include">Certificates to carry: the TSU's and perhaps its chain when the request asked, none otherwise.</param>
    /// <param name="ct">Gives up waiting.</param>
    public static async ValueTask<byte[]> SignAsync(
        TstInfo info, Certificate certificate, ISigner signer, IReadOnlyList<Certificate> include, CancellationToken ct)
    {
        byte[] content = info.Encode();
        SignedAttributes attributes = SignedAttributes.Create(Oids.TstInfo, signer.Algorithm.Digest.Hash(content), certificate);
        byte[] signature = await signer.SignAsync(attributes.ToBeSigned, ct).ConfigureAwait(false);
        return SignedData.Create(Oids.TstInfo, content, SignerInfo.Create(certificate, signer.Algorithm, attributes, signature), include).Encode();
    }

    /// <summary>Reads an untrusted token.</summary>
    /// <param name="der">Exactly one ContentInfo.</param>
    /// <exception cref="AsnContentException">The data is not DER, has another shape, or has not exactly one signer.</exception>
    public static TimestampToken Parse(ReadOnlyMemory<byte> der)
    {
        SignedData signedData = SignedData.Parse(der);
        if (signedData.ContentType != Oids.TstInfo || signedData.Content is not { } content || signedData.Signers.Count != 1)
            throw new AsnContentException("This is no time-stamp token.");
        return new TimestampToken(der, signedData, TstInfo.Parse(content));
    }

    /// <summary>
    /// True when the TSU's signature, its certificate binding, and the content hash all fit, the certificate is for time
    /// stamping only, and was valid at genTime. Chain and revocation are the caller's.
    /// </summary>
    /// <param name="certificate">The TSU's certificate.</param>
    /// <exception cref="AsnContentException">An extension of the certificate is malformed.</exception>
    public bool Verify(Certificate certificate) =>
        Signer.Algorithm is { } algorithm
        && Signer.SignedAttributes.ContentType == Oids.TstInfo
        && Signer.SignedAttributes.SigningCertificate is not null // RFC 3161 §2.4.2: mandatory in a token
        && Signer.SignedAttributes.MessageDigest.Span.SequenceEqual(algorithm.Digest.Hash(SignedData.Content!.Value.Span))
        && Signer.Verify(certificate)
        && certificate.Find(Oids.ExtendedKeyUsage) is { Critical: true }
        && certificate.ExtendedKeyUsages() is [Oids.KpTimeStamping]
        && Info.GenTime >= certificate.NotBefore && Info.GenTime <= certificate.NotAfter;
}
