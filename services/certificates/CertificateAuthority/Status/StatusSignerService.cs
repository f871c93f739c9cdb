using Npgsql;
using Pechat.CertificateAuthority.Authorities;
using Pechat.Contracts.CertificateAuthority.V1;

namespace Pechat.CertificateAuthority.Status;

/// <summary>gRPC service StatusSigner; one file per method.</summary>
internal sealed partial class StatusSignerService(
    AuthorityStore authorities, CrlPublisher crls, NpgsqlDataSource db, CertificateAuthorityOptions options, TimeProvider clock) : StatusSigner.StatusSignerBase;
