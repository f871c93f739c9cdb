using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Pechat.CertificateStatus;

/// <summary>Signed bytes over HTTP with the headers that let caches keep them no longer than they are true (RFC 9111, RFC 5019 §6.2).</summary>
internal static class StaticBytes
{
    /// <summary>Bytes that caches may keep.</summary>
    /// <param name="http">The exchange.</param>
    /// <param name="bytes">Body.</param>
    /// <param name="contentType">Its type.</param>
    /// <param name="thisUpdate">Becomes Last-Modified.</param>
    /// <param name="nextUpdate">Becomes Expires.</param>
    /// <param name="maxAge">Upper bound of max-age, which never reaches beyond nextUpdate.</param>
    /// <param name="now">The time.</param>
    internal static IResult Cacheable(HttpContext http, byte[] bytes, string contentType, DateTimeOffset thisUpdate, DateTimeOffset nextUpdate, TimeSpan maxAge, DateTimeOffset now)
    {
        string tag = $"\"{Convert.ToHexString(SHA256.HashData(bytes))}\"";
        TimeSpan remaining = nextUpdate - now;
        int seconds = Math.Max(0, (int)(remaining < maxAge ? remaining : maxAge).TotalSeconds);
        IHeaderDictionary headers = http.Response.Headers;
        headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"max-age={seconds}, public, no-transform, must-revalidate");
        headers.Expires = HeaderUtilities.FormatDate(nextUpdate);
        headers.LastModified = HeaderUtilities.FormatDate(thisUpdate);
        headers.ETag = tag;
        return http.Request.Headers.IfNoneMatch.Contains(tag) ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Bytes(bytes, contentType);
    }

    /// <summary>Bytes that nobody may keep.</summary>
    internal static IResult Uncacheable(HttpContext http, byte[] bytes, string contentType, int status = StatusCodes.Status200OK)
    {
        http.Response.Headers.CacheControl = "no-store";
        http.Response.StatusCode = status;
        return Results.Bytes(bytes, contentType);
    }
}
