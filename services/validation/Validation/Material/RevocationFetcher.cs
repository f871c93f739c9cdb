using System.Net.Http.Headers;
using Pechat.AdES.Validation;
using Pechat.Pki;

namespace Pechat.Validation.Material;

/// <summary>
/// Fetches OCSP responses and CRLs. The addresses stand in certificates that anybody may have made, so only configured hosts are asked,
/// redirects are not followed, and time and size are bounded. What cannot be had is missing from the report, never an error.
/// </summary>
internal sealed partial class RevocationFetcher : IDisposable
{
    private const int MaxTargets = 32;

    private readonly ValidationOptions _options;
    private readonly ILogger<RevocationFetcher> _logger;
    private readonly HttpClient _http;

    public RevocationFetcher(ValidationOptions options, ILogger<RevocationFetcher> logger)
    {
        _options = options;
        _logger = logger;
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false, ConnectTimeout = options.FetchTimeout };
        _http = new HttpClient(handler) { Timeout = options.FetchTimeout, MaxResponseContentBufferSize = options.MaxFetchedBytes };
    }

    /// <summary>The material with what could be fetched about the certificates.</summary>
    internal async Task<ValidationMaterial> CompleteAsync(
        ValidationMaterial material, IReadOnlyList<(Certificate Certificate, Certificate Issuer)> targets, CancellationToken ct)
    {
        byte[]?[] ocsp = await Task.WhenAll(targets.Take(MaxTargets).Select(target => OcspAsync(target.Certificate, target.Issuer, ct)));
        IEnumerable<Uri> crls = targets.Take(MaxTargets).Where((_, i) => ocsp[i] is null).SelectMany(target => Allowed(Urls(target.Certificate.CrlUrls))).Distinct().Take(MaxTargets);
        byte[]?[] lists = await Task.WhenAll(crls.Select(url => SendAsync(new HttpRequestMessage(HttpMethod.Get, url), ct)));
        return material.With([], Present(ocsp), Present(lists));
    }

    public void Dispose() => _http.Dispose();

    private static IEnumerable<ReadOnlyMemory<byte>> Present(byte[]?[] objects) => objects.Where(each => each is not null).Select(each => (ReadOnlyMemory<byte>)each);

    private static IReadOnlyList<string> Urls(Func<IReadOnlyList<string>> read)
    {
        try
        {
            return read();
        }
        catch (System.Formats.Asn1.AsnContentException)
        {
            return []; // a malformed extension names nobody to ask; the path check reports it
        }
    }

    private async Task<byte[]?> OcspAsync(Certificate certificate, Certificate issuer, CancellationToken ct)
    {
        byte[] request = OcspRequest.Encode([CertId.Create(issuer, certificate.SerialNumber)]);
        foreach (Uri url in Allowed(Urls(certificate.OcspUrls)))
        {
            var message = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(request) };
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/ocsp-request");
            if (await SendAsync(message, ct) is { } response)
                return response;
        }
        return null;
    }

    private IEnumerable<Uri> Allowed(IReadOnlyList<string> urls) => urls
        .Select(each => Uri.TryCreate(each, UriKind.Absolute, out Uri? url) ? url : null).OfType<Uri>()
        .Where(url => url.Scheme is "http" or "https" && url.UserInfo.Length == 0
            && _options.RevocationHosts.Any(host => host.Equals(url.Authority, StringComparison.OrdinalIgnoreCase)));

    private async Task<byte[]?> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        using (request)
        {
            try
            {
                using HttpResponseMessage response = await _http.SendAsync(request, ct);
                if (response.IsSuccessStatusCode)
                    return await response.Content.ReadAsByteArrayAsync(ct);
                NotFetched(_logger, request.RequestUri!.Authority, $"status {(int)response.StatusCode}", null);
            }
            catch (HttpRequestException e)
            {
                NotFetched(_logger, request.RequestUri!.Authority, e.HttpRequestError.ToString(), e);
            }
            catch (TaskCanceledException e) when (!ct.IsCancellationRequested)
            {
                NotFetched(_logger, request.RequestUri!.Authority, "timeout", e);
            }
            return null;
        }
    }

    [LoggerMessage(6101, LogLevel.Warning, "No revocation data from {Host}: {Cause}")]
    private static partial void NotFetched(ILogger logger, string host, string cause, Exception? exception);
}
