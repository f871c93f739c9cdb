using Pechat.Contracts.CertificateAuthority.V1;

namespace Pechat.Signing.Credentials;

/// <summary>What this service asks of the certificate authority.</summary>
internal interface ICertificates
{
    /// <summary>One issued certificate with its chain and state.</summary>
    Task<IssuedCertificate> GetAsync(string serial, CancellationToken ct);

    /// <summary>Revokes; a certificate that is revoked already stays as it is.</summary>
    Task RevokeAsync(string serial, int reason, string requestedBy, CancellationToken ct);
}

internal sealed class CertificateAuthorityClient(Issuer.IssuerClient issuer) : ICertificates
{
    public async Task<IssuedCertificate> GetAsync(string serial, CancellationToken ct) =>
        await issuer.GetCertificateAsync(new GetCertificateRequest { Serial = serial }, cancellationToken: ct);

    public async Task RevokeAsync(string serial, int reason, string requestedBy, CancellationToken ct) => await issuer.ChangeStatusAsync(
        new ChangeStatusRequest { Serial = serial, State = Contracts.CertificateAuthority.V1.CertificateState.Revoked, Reason = reason, RequestedBy = requestedBy }, cancellationToken: ct);
}
