using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Pechat.CertificateAuthority.Authorities;
using Pechat.Contracts;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Hosting;

namespace Pechat.CertificateAuthority.Status;

internal sealed partial class StatusSignerService
{
    [Callers("certificate-status")]
    public override async Task<GetCrlReply> GetCrl(GetCrlRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        Authority issuer = await authorities.FindAsync(request.Issuer, ct) ?? throw FaultException.NotFound("unknown_issuer", "no authority has this name");
        CrlRow crl = await crls.GetAsync(issuer, ct);
        return new GetCrlReply
        {
            Crl = UnsafeByteOperations.UnsafeWrap(crl.Der),
            ThisUpdate = Timestamp.FromDateTime(crl.ThisUpdate),
            NextUpdate = Timestamp.FromDateTime(crl.NextUpdate),
        };
    }
}
