using MassTransit;

namespace Pechat.Contracts.Events.CertificateAuthority;

/// <summary>A certificate was suspended, resumed or revoked (SM-5).</summary>
/// <param name="Serial">Serial number, upper-case hex.</param>
/// <param name="CustomerId">The holder.</param>
/// <param name="CredentialId">SAM credential with its key; null for keys outside the cloud.</param>
/// <param name="State"><c>active</c>, <c>suspended</c> or <c>revoked</c>.</param>
/// <param name="Reason">CRLReason (RFC 5280 §5.3.1).</param>
/// <param name="At">When, UTC.</param>
[EntityName("certificate-status-changed.v1")]
[MessageUrn("certificate-status-changed.v1")]
public sealed record CertificateStatusChanged(string Serial, Guid CustomerId, Guid? CredentialId, string State, int Reason, DateTimeOffset At);
