using MassTransit;

namespace Pechat.Contracts.Events.CertificateAuthority;

/// <summary>A certificate was signed and stored.</summary>
/// <param name="Serial">Serial number, upper-case hex.</param>
/// <param name="Profile">Name of the certificate profile.</param>
/// <param name="RequestId">Registration request that led to it.</param>
/// <param name="CustomerId">The holder.</param>
/// <param name="CredentialId">SAM credential with its key; null for keys outside the cloud.</param>
/// <param name="NotBefore">Start of validity, UTC.</param>
/// <param name="NotAfter">End of validity, UTC.</param>
[EntityName("certificate-issued.v1")]
[MessageUrn("certificate-issued.v1")]
public sealed record CertificateIssued(string Serial, string Profile, Guid RequestId, Guid CustomerId, Guid? CredentialId, DateTimeOffset NotBefore, DateTimeOffset NotAfter);
