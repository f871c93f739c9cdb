using System.Formats.Asn1;
using Microsoft.AspNetCore.Http.Features;
using Pechat.Pki;

namespace Pechat.CertificateStatus.Ocsp;

/// <summary>OCSP over HTTP: POST, and GET with the request in the path (RFC 6960 appendix A, RFC 5019, RFC 9919).</summary>
internal static class AnswerOcsp
{
    internal const int MaxRequest = 10_000;
    private const string Path = "/ocsp";
    private const string ContentType = "application/ocsp-response";

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Path, HandlePost);
        routes.MapGet(Path + "/{**request}", HandleGet);
    }

    internal static async Task<IResult> HandlePost(HttpContext http, ResponseCache cache, StatusSource source, CertificateStatusOptions options, TimeProvider clock, CancellationToken ct)
    {
        // One byte more than allowed tells a long body from a longest one.
        byte[] buffer = new byte[MaxRequest + 1];
        int length = await http.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        ReadOnlyMemory<byte>? der = null;
        if (length <= MaxRequest)
            der = buffer.AsMemory(0, length);
        return await AnswerAsync(http, der, cache, source, options, clock, ct);
    }

    internal static Task<IResult> HandleGet(HttpContext http, ResponseCache cache, StatusSource source, CertificateStatusOptions options, TimeProvider clock, CancellationToken ct)
    {
        // The path as it came: routing has decoded and perhaps tidied what is base64 with slashes of its own.
        string target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return AnswerAsync(http, OcspPath.Decode(target, Path + "/"), cache, source, options, clock, ct);
    }

    private static async Task<IResult> AnswerAsync(
        HttpContext http, ReadOnlyMemory<byte>? der, ResponseCache cache, StatusSource source, CertificateStatusOptions options, TimeProvider clock, CancellationToken ct)
    {
        if (der is not { } bytes || TryParse(bytes) is not { } request)
            return Error(http, OcspResponseStatus.MalformedRequest, StatusCodes.Status400BadRequest);
        byte[]? key = ResponseCache.KeyOf(request);
        CachedResponse? kept = key is null ? null : await cache.FindAsync(key, ct);
        DateTimeOffset now = clock.GetUtcNow();
        if (kept is not null && kept.NextUpdate <= now.UtcDateTime)
            kept = null; // never past nextUpdate
        if (kept is not null && request.Nonce is null && now.UtcDateTime - kept.ThisUpdate < options.OcspAge)
            return Kept(http, kept, "cache", options, now);

        SignedAnswer? answer = await source.AskAsync(bytes, ct);
        if (answer is null)
        {
            // The CA is down: what it said stays true until nextUpdate, even for those who would have liked a nonce (RFC 9654 §2.1 lets us leave it out).
            return kept is null ? Error(http, OcspResponseStatus.TryLater) : Kept(http, kept, "stale", options, now);
        }
        if (answer.Cacheable is not { } fresh)
        {
            Telemetry.Count("signed");
            return StaticBytes.Uncacheable(http, answer.Response, ContentType);
        }
        await cache.KeepAsync(key!, request.Certificates[0].Serial, fresh, ct);
        return Kept(http, fresh, "signed", options, now);
    }

    private static OcspRequest? TryParse(ReadOnlyMemory<byte> der)
    {
        try
        {
            return OcspRequest.Parse(der);
        }
        catch (AsnContentException)
        {
            return null; // becomes malformedRequest
        }
    }

    private static IResult Kept(HttpContext http, CachedResponse response, string source, CertificateStatusOptions options, DateTimeOffset now)
    {
        Telemetry.Count(source);
        return StaticBytes.Cacheable(http, response.Response, ContentType, response.ThisUpdate, response.NextUpdate, options.OcspAge, now);
    }

    private static IResult Error(HttpContext http, OcspResponseStatus status, int httpStatus = StatusCodes.Status200OK)
    {
        Telemetry.Count("refused");
        return StaticBytes.Uncacheable(http, OcspResponse.Error(status), ContentType, httpStatus);
    }
}
