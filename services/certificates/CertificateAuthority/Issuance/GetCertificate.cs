using Grpc.Core;
using Pechat.Contracts;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Hosting;

namespace Pechat.CertificateAuthority.Issuance;

internal sealed partial class IssuerService
{
    [Callers("registration", "signing", "certificate-status")]
    public override async Task<IssuedCertificate> GetCertificate(GetCertificateRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        IReadOnlyList<CertificateRow> rows = await CertificateRow.FindIssuedAsync(db, [request.Serial], ct);
        return rows is [var row] ? await ReplyAsync(row, ct) : throw FaultException.NotFound("unknown_certificate", "no certificate has this serial number");
    }
}
