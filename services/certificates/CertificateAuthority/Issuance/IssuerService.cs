using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using Pechat.CertificateAuthority.Authorities;
using Pechat.CertificateAuthority.Evidence;
using Pechat.Contracts;
using Pechat.Contracts.CertificateAuthority.V1;

namespace Pechat.CertificateAuthority.Issuance;

/// <summary>gRPC service Issuer; one file per method.</summary>
internal sealed partial class IssuerService(
    Profiles profiles, CertificateIssuer issuer, AuthorityStore authorities, NpgsqlDataSource db, AuditLog audit, TimeProvider clock) : Issuer.IssuerBase
{
    private async Task<IssuedCertificate> ReplyAsync(CertificateRow row, CancellationToken ct)
    {
        var reply = new IssuedCertificate
        {
            Serial = row.Serial,
            Certificate = UnsafeByteOperations.UnsafeWrap(row.Certificate!),
            Profile = row.Profile,
            CustomerId = row.CustomerId?.ToString() ?? "",
            CredentialId = row.CredentialId?.ToString() ?? "",
            RequestId = row.RequestId.ToString(),
            Status = StatusOf(row),
            Publication = Publications.Parse(row.Publication),
        };
        reply.Chain.AddRange((await authorities.ChainAsync(row.Issuer, ct)).Select(each => UnsafeByteOperations.UnsafeWrap(each.Encoded)));
        return reply;
    }

    private static CertificateStatus StatusOf(CertificateRow row) => new()
    {
        Serial = row.Serial,
        State = row.State switch
        {
            States.Active => CertificateState.Active,
            States.Suspended => CertificateState.Suspended,
            _ => CertificateState.Revoked,
        },
        Reason = row.Reason,
        Since = Timestamp.FromDateTime(row.Since),
    };

    private static Guid ParseId(string field, string value) =>
        Guid.TryParseExact(value, "D", out Guid id) ? id : throw FaultException.Invalid("invalid_request", $"{field} is no UUID");
}
