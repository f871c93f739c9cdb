using Grpc.Core;
using Pechat.Contracts;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Hosting;

namespace Pechat.CertificateAuthority.Issuance;

internal sealed partial class IssuerService
{
    [Callers("registration")]
    public override async Task<IssuedCertificate> Issue(IssueRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        Guid requestId = ParseId("request_id", request.RequestId);
        Guid customerId = ParseId("customer_id", request.CustomerId);
        Guid? credentialId = request.CredentialId.Length == 0 ? null : ParseId("credential_id", request.CredentialId);
        Profile profile = profiles.Find(request.Profile) is { Holder: HolderKind.NaturalPerson } found
            ? found
            : throw FaultException.Invalid("unknown_profile", $"no profile for customers is named {request.Profile}");
        CertifiedKey key = CertifiedKey.Parse(request.Csr.Memory, profile);
        Holder holder = Holder.Person(request.Subject, profile);
        CertificateRow row = await issuer.IssueAsync(new Order(requestId, profile, holder, key, customerId, credentialId) { Publication = Publications.Of(request.Publication) }, ct);
        return await ReplyAsync(row, ct);
    }
}
