using Google.Protobuf;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Registration.Requests;

namespace Pechat.Registration.Peers;

/// <summary>What Registration asks the CA.</summary>
internal interface IIssuer
{
    /// <summary>Issues a certificate; the same one for the same request.</summary>
    /// <returns>Serial number, upper-case hex.</returns>
    /// <exception cref="Contracts.FaultException">The CA refuses or is down.</exception>
    Task<string> IssueAsync(Guid request, string profile, byte[] csr, CertificateData data, Guid customer, Guid credential, CancellationToken ct);
}

internal sealed class CertificateAuthorityIssuer(Issuer.IssuerClient client) : IIssuer
{
    public async Task<string> IssueAsync(Guid request, string profile, byte[] csr, CertificateData data, Guid customer, Guid credential, CancellationToken ct)
    {
        IssuedCertificate issued = await client.IssueAsync(new IssueRequest
        {
            RequestId = request.ToString(), Profile = profile, Csr = UnsafeByteOperations.UnsafeWrap(csr),
            Subject = new Subject
            {
                CommonName = data.CommonName, GivenName = data.GivenName, Surname = data.Surname, SerialNumber = data.SerialNumber,
                Country = data.Country, Email = data.Email,
            },
            CustomerId = customer.ToString(), CredentialId = credential.ToString(),
        }, cancellationToken: ct);
        return issued.Serial;
    }
}
