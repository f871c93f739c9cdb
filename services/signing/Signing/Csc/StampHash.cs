using System.Formats.Asn1;
using System.Security.Cryptography;
using Pechat.Contracts;
using Pechat.Pki;

namespace Pechat.Signing.Csc;

/// <summary>CSC API <c>signatures/timestamp</c> (§5.14): an RFC 3161 token over a digest.</summary>
internal static class StampHash
{
    private const int MaxNonceDigits = 128;

    internal sealed record Response(byte[] Timestamp);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/signatures/timestamp", Handle);

    internal static async Task<IResult> Handle(HttpContext http, ITimestamper timestamper, CancellationToken ct)
    {
        using CscRequest request = await CscRequest.ReadAsync(http);
        string? text = request.Member("hash") is { ValueKind: System.Text.Json.JsonValueKind.String } value ? value.GetString() : throw CscRequest.MissingString("hash");
        string? oid = request.Member("hashAlgo") is { ValueKind: System.Text.Json.JsonValueKind.String } name ? name.GetString() : null;
        request.CheckCommon();
        if (text!.Length == 0)
            throw CscRequest.Invalid("Empty hash parameter");
        byte[] digest = Digests.DecodeOne(text) ?? throw CscRequest.Invalid("Invalid Base64 hash string parameter");
        DigestAlgorithm algorithm = (oid is null ? null : DigestAlgorithm.Find(oid)) ?? throw CscRequest.InvalidParameter("hashAlgo");
        if (digest.Length != algorithm.Length)
            throw CscRequest.Invalid("Invalid digest value length");
        byte[]? nonce = Nonce(request);
        return CscResults.Ok(new Response((await StampAsync(timestamper, algorithm, digest, nonce, ct)).ToArray()), CscJson.Default.Timestamp);
    }

    /// <summary>A token over a digest, checked to answer this very request (RFC 3161 §2.2).</summary>
    /// <returns>DER of the TimeStampToken.</returns>
    internal static async Task<ReadOnlyMemory<byte>> StampAsync(
        ITimestamper timestamper, DigestAlgorithm algorithm, byte[] digest, byte[]? nonce, CancellationToken ct)
    {
        var request = new TimestampRequest
        {
            Imprint = MessageImprint.Of(algorithm, digest),
            Nonce = nonce is null ? default(ReadOnlyMemory<byte>?) : nonce, // a null array would become an empty nonce
            CertificateRequested = true,
        };
        try
        {
            TimestampResponse response = TimestampResponse.Parse(await timestamper.StampAsync(request.Encode(), ct));
            if (response.Token is { } token && TimestampToken.Parse(token).Info is { } info && info.Imprint.Matches(algorithm, digest) && SameNonce(info.Nonce, nonce))
                return token;
            throw Unavailable(null);
        }
        catch (AsnContentException e)
        {
            throw Unavailable(e);
        }
        catch (FaultException fault) when (fault.Kind == FaultKind.Unavailable)
        {
            throw Unavailable(fault);
        }
    }

    private static bool SameNonce(ReadOnlyMemory<byte>? answered, byte[]? asked) =>
        asked is null ? answered is null : answered is { } nonce && nonce.Span.SequenceEqual(asked);

    private static FaultException Unavailable(Exception? inner) =>
        FaultException.Unavailable("temporarily_unavailable", "No time stamp can be had now; try again", inner);

    /// <summary>Content octets of the INTEGER: minimal, and not negative.</summary>
    private static byte[]? Nonce(CscRequest request)
    {
        if (request.Member("nonce") is not { } value)
            return null;
        string? digits = value.ValueKind == System.Text.Json.JsonValueKind.String ? value.GetString() : null;
        if (digits is not { Length: > 0 and <= MaxNonceDigits } || !digits.All(char.IsAsciiHexDigit))
            throw CscRequest.InvalidParameter("nonce");
        byte[] octets = [0, .. Convert.FromHexString(digits.Length % 2 == 0 ? digits : "0" + digits)];
        int first = 0;
        while (first < octets.Length - 1 && octets[first] == 0 && octets[first + 1] < 0x80)
            first++;
        return octets[first..];
    }

    /// <summary>A random nonce for our own requests.</summary>
    internal static byte[] NewNonce()
    {
        byte[] nonce = RandomNumberGenerator.GetBytes(16);
        nonce[0] = (byte)((nonce[0] & 0x7F) | 0x40); // positive and minimal
        return nonce;
    }
}
