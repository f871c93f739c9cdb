using System.Formats.Asn1;
using Google.Protobuf;
using Pechat.Contracts;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Pki;

namespace Pechat.CertificateStatus.Ocsp;

/// <summary>What the CA answered.</summary>
/// <param name="Response">OCSPResponse, DER.</param>
/// <param name="Cacheable">The response with its times when it may be kept; null otherwise.</param>
internal sealed record SignedAnswer(byte[] Response, CachedResponse? Cacheable);

/// <summary>Asks the CA for signed responses, a bounded number at once.</summary>
internal sealed class StatusSource(StatusSigner.StatusSignerClient authority, CertificateStatusOptions options) : IDisposable
{
    private readonly SemaphoreSlim _turns = new(options.MaxConcurrentSigning);

    /// <returns>The answer; null when the CA cannot be asked now.</returns>
    internal async Task<SignedAnswer?> AskAsync(ReadOnlyMemory<byte> request, CancellationToken ct)
    {
        if (!await _turns.WaitAsync(options.SigningQueueDeadline, ct))
            return null;
        try
        {
            SignOcspResponseReply reply = await authority.SignOcspResponseAsync(
                new SignOcspResponseRequest { Request = UnsafeByteOperations.UnsafeWrap(request) }, cancellationToken: ct);
            byte[] response = reply.Response.ToByteArray();
            return new SignedAnswer(response, reply.Cacheable ? Times(response) : null);
        }
        catch (FaultException e) when (e.Kind is FaultKind.Unavailable or FaultKind.Exhausted)
        {
            return null;
        }
        finally
        {
            _turns.Release();
        }
    }

    public void Dispose() => _turns.Dispose();

    /// <exception cref="AsnContentException">The CA broke its contract.</exception>
    private static CachedResponse? Times(byte[] response) =>
        OcspResponse.Parse(response).Basic is { Responses: [{ NextUpdate: { } next } single] }
            ? new CachedResponse(response, single.ThisUpdate.UtcDateTime, next.UtcDateTime)
            : null;
}
