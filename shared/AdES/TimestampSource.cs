using System.Formats.Asn1;
using System.Security.Cryptography;
using Pechat.Pki;

namespace Pechat.AdES;

/// <summary>Asks a time-stamping authority for a token; the certificate of its unit must be requested (RFC 3161 certReq).</summary>
/// <param name="imprint">What to stamp.</param>
/// <param name="ct">Gives up waiting.</param>
/// <returns>DER of the token.</returns>
public delegate Task<ReadOnlyMemory<byte>> TimestampSource(MessageImprint imprint, CancellationToken ct);

/// <summary>What is checked of a token before it is embedded (ades.md 0.2 step 6).</summary>
internal static class TimestampCheck
{
    /// <summary>Stamps data, and checks the answer.</summary>
    internal static Task<ReadOnlyMemory<byte>> StampAsync(TimestampSource source, ReadOnlySpan<byte> data, DigestAlgorithm digest, CancellationToken ct) =>
        StampDigestAsync(source, digest.Hash(data), digest, ct);

    /// <summary>Stamps a hash, and checks the answer.</summary>
    internal static async Task<ReadOnlyMemory<byte>> StampDigestAsync(TimestampSource source, byte[] hash, DigestAlgorithm digest, CancellationToken ct)
    {
        ReadOnlyMemory<byte> token = await source(MessageImprint.Of(digest, hash), ct).ConfigureAwait(false);
        TimestampToken parsed = Parse(token);
        if (!parsed.Info.Imprint.Matches(digest, hash))
            throw new CryptographicException("The time stamp is not over what was asked for.");
        return token;
    }

    /// <summary>Checks a token over data whose hash the token chooses.</summary>
    /// <param name="token">DER of the token.</param>
    /// <param name="data">What it must be over.</param>
    /// <param name="signer">Certificate that must not have expired before it.</param>
    internal static ReadOnlyMemory<byte> Checked(ReadOnlyMemory<byte> token, ReadOnlySpan<byte> data, Certificate signer)
    {
        TstInfo info = Parse(token).Info;
        DigestAlgorithm digest = DigestAlgorithm.Find(info.Imprint.HashAlgorithm.Oid)
            ?? throw new CryptographicException("The time stamp uses a hash that is not accepted.");
        if (!info.Imprint.Matches(digest, digest.Hash(data)))
            throw new CryptographicException("The time stamp is not over this signature value.");
        if (info.GenTime > signer.NotAfter) // EN 319 122-1 §6.3 m: stamped while the certificate is valid
            throw new CryptographicException("The time stamp was made after the signing certificate expired.");
        return token;
    }

    private static TimestampToken Parse(ReadOnlyMemory<byte> token)
    {
        try
        {
            TimestampToken parsed = TimestampToken.Parse(token);
            return parsed.SignedData.FindCertificate(parsed.Signer) is { } unit && parsed.Verify(unit)
                ? parsed
                : throw new CryptographicException("The time stamp lacks its certificate or does not verify under it.");
        }
        catch (AsnContentException malformed)
        {
            throw new CryptographicException("The time stamp is malformed.", malformed);
        }
    }
}
