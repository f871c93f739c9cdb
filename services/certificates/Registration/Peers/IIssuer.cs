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

    /// <summary>Suspends, resumes or revokes (SM-5).</summary>
    /// <param name="serial">Upper-case hex.</param>
    /// <param name="state">The state wanted.</param>
    /// <param name="requestedBy">Who asks, for the CA's evidence.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="Contracts.FaultException">The CA refuses, e.g. <c>illegal_state</c>, or is down.</exception>
    Task<CertificateStatus> ChangeStatusAsync(string serial, CertificateState state, string requestedBy, CancellationToken ct);
}

internal sealed class CertificateAuthorityIssuer(Issuer.IssuerClient client) : IIssuer
{
    private const int CertificateHold = 6, CessationOfOperation = 5; // CRLReason, RFC 5280 §5.3.1

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
            Publication = data.Publication switch { "certificate" => Publication.Certificate, "status" => Publication.Status, _ => Publication.Listed },
        }, cancellationToken: ct);
        return issued.Serial;
    }

    public async Task<CertificateStatus> ChangeStatusAsync(string serial, CertificateState state, string requestedBy, CancellationToken ct) =>
        await client.ChangeStatusAsync(new ChangeStatusRequest
        {
            Serial = serial, State = state, RequestedBy = requestedBy,
            Reason = state switch { CertificateState.Suspended => CertificateHold, CertificateState.Revoked => CessationOfOperation, _ => 0 },
        }, cancellationToken: ct);
}
