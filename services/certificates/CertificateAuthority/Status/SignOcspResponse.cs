using System.Formats.Asn1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Pechat.CertificateAuthority.Authorities;
using Pechat.CertificateAuthority.Issuance;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Hosting;
using Pechat.Pki;

namespace Pechat.CertificateAuthority.Status;

internal sealed partial class StatusSignerService
{
    private const int MaxRequest = 10_000;

    /// <summary>RFC 6960: signed by the issuer's delegate; <c>unknown</c> for serial numbers never issued, <c>unauthorized</c> for other issuers.</summary>
    [Callers("certificate-status")]
    public override async Task<SignOcspResponseReply> SignOcspResponse(SignOcspResponseRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        OcspRequest ocsp;
        try
        {
            if (request.Request.Length > MaxRequest)
                return Error(OcspResponseStatus.MalformedRequest);
            ocsp = OcspRequest.Parse(request.Request.Memory);
        }
        catch (AsnContentException)
        {
            return Error(OcspResponseStatus.MalformedRequest);
        }
        if (ocsp.Certificates.Count > options.MaxOcspEntries)
            return Error(OcspResponseStatus.MalformedRequest);
        if (await FindIssuerAsync(ocsp, ct) is not { } issuer)
            return Error(OcspResponseStatus.Unauthorized);
        return await AnswerAsync(ocsp, issuer, ct);
    }

    // One response has one responder, so all certificates must be of one issuer; a root's certificates have a CRL only.
    private async Task<Authority?> FindIssuerAsync(OcspRequest ocsp, CancellationToken ct)
    {
        foreach ((string name, Certificate certificate) in await authorities.ListIssuingAsync(ct))
        {
            if (ocsp.Certificates.All(each => each.IsIssuedBy(certificate)))
                return await authorities.GetAsync(name, ct);
        }
        return null;
    }

    private async Task<SignOcspResponseReply> AnswerAsync(OcspRequest ocsp, Authority issuer, CancellationToken ct)
    {
        Responder responder = await authorities.GetResponderAsync(issuer.Name, ct);
        DateTimeOffset now = CertificateTemplate.Seconds(clock.GetUtcNow());
        DateTimeOffset next = now + options.OcspLifetime - TimeSpan.FromSeconds(1);
        if (next > responder.Certificate.NotAfter)
            next = responder.Certificate.NotAfter; // pki-profiles §9.4: a response does not outlive its responder
        Dictionary<string, CertificateRow> rows = (await CertificateRow.FindIssuedAsync(db, [.. ocsp.Certificates.Select(each => each.Serial)], ct))
            .Where(row => row.Issuer == issuer.Name).ToDictionary(row => row.Serial);
        SingleResponse[] answers = [.. ocsp.Certificates.Select(each => Answer(each, rows.GetValueOrDefault(each.Serial), issuer, now, next))];
        byte[] response = await BasicOcspResponse.SignAsync(answers, now, ocsp.Nonce, responder.Certificate, responder.Signer, ct);
        Telemetry.OcspSigned.Add(1, new KeyValuePair<string, object?>("outcome", "successful"));
        return new SignOcspResponseReply
        {
            Response = UnsafeByteOperations.UnsafeWrap(response),
            NextUpdate = Timestamp.FromDateTimeOffset(next),
            // An unknown serial number may be issued any moment; several certificates in one answer are rarely asked for again.
            Cacheable = ocsp.Nonce is null && answers is [{ Status: not OcspCertificateStatus.Unknown }],
        };
    }

    private static SingleResponse Answer(CertId id, CertificateRow? row, Authority issuer, DateTimeOffset now, DateTimeOffset next) => new()
    {
        Certificate = id,
        Status = row?.State switch
        {
            null => OcspCertificateStatus.Unknown,
            States.Active => OcspCertificateStatus.Good,
            _ => OcspCertificateStatus.Revoked, // suspended is revoked with reason certificateHold
        },
        RevokedAt = row is { State: not States.Active } ? row.Since : null,
        Reason = row is { State: not States.Active } ? (RevocationReason)row.Reason : null,
        ThisUpdate = now,
        NextUpdate = next,
        // Status stays available after expiry; the extension says since when we keep it.
        Extensions = row is not null && row.NotAfter < now.UtcDateTime ? [SingleResponse.ArchiveCutoff(issuer.Certificate.NotBefore)] : [],
    };

    private static SignOcspResponseReply Error(OcspResponseStatus status)
    {
        Telemetry.OcspSigned.Add(1, new KeyValuePair<string, object?>("outcome", status.ToString()));
        return new SignOcspResponseReply { Response = UnsafeByteOperations.UnsafeWrap(OcspResponse.Error(status)) };
    }
}
