using Google.Protobuf;
using Grpc.Core;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Hosting;

namespace Pechat.CertificateAuthority.Status;

internal sealed partial class StatusSignerService
{
    [Callers("certificate-status", "signing", "validation", "timestamping")]
    public override async Task<ListCaCertificatesReply> ListCaCertificates(ListCaCertificatesRequest request, ServerCallContext context)
    {
        var reply = new ListCaCertificatesReply();
        reply.Certificates.AddRange((await authorities.ListAsync(context.CancellationToken))
            .Select(each => new CaCertificate { Name = each.Name, Certificate = UnsafeByteOperations.UnsafeWrap(each.Certificate.Encoded) }));
        return reply;
    }
}
