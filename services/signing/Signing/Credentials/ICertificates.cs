using Pechat.Contracts.CertificateAuthority.V1;

namespace Pechat.Signing.Credentials;

/// <summary>What this service asks of the certificate authority.</summary>
internal interface ICertificates
{
    /// <summary>One issued certificate with its chain and state.</summary>
    Task<IssuedCertificate> GetAsync(string serial, CancellationToken ct);
}

internal sealed class CertificateAuthorityClient(Issuer.IssuerClient issuer) : ICertificates
{
    public async Task<IssuedCertificate> GetAsync(string serial, CancellationToken ct) =>
        await issuer.GetCertificateAsync(new GetCertificateRequest { Serial = serial }, cancellationToken: ct);
}
