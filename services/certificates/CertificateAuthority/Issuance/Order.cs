using Pechat.Pki;

namespace Pechat.CertificateAuthority.Issuance;

/// <summary>What is to be certified, checked and complete.</summary>
/// <param name="RequestId">Idempotency key.</param>
/// <param name="Profile">Kind of certificate.</param>
/// <param name="Holder">Subject.</param>
/// <param name="Key">Key with proof of possession.</param>
/// <param name="CustomerId">Holder in Identity; null for certificates of the provider itself.</param>
/// <param name="CredentialId">SAM credential; null for keys outside the cloud.</param>
internal sealed record Order(Guid RequestId, Profile Profile, Holder Holder, CertifiedKey Key, Guid? CustomerId, Guid? CredentialId)
{
    /// <summary>What the public register may tell, one of <see cref="Publications"/>.</summary>
    internal string Publication { get; init; } = Publications.Listed;

    /// <summary>A time-stamping unit of ours, whose request id follows from its key, so that a ceremony can be run again.</summary>
    internal static Order TimestampUnit(Profile profile, DistinguishedName name, CertifiedKey key) =>
        new(new Guid(key.Hash.AsSpan(0, 16)), profile, new Holder(name, null, null), key, null, null);
}
