using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>What a responder says about a certificate (RFC 6960 §2.2).</summary>
public enum OcspCertificateStatus
{
    /// <summary>Not revoked.</summary>
    Good,

    /// <summary>Revoked, or on hold.</summary>
    Revoked,

    /// <summary>The responder does not know it.</summary>
    Unknown,
}

/// <summary>CRLReason (RFC 5280 §5.3.1).</summary>
public enum RevocationReason
{
    /// <summary>Not stated; never encoded.</summary>
    Unspecified = 0,

    /// <summary>The key was compromised.</summary>
    KeyCompromise = 1,

    /// <summary>The CA was compromised.</summary>
    CaCompromise = 2,

    /// <summary>The subject's name or affiliation changed.</summary>
    AffiliationChanged = 3,

    /// <summary>Replaced by another certificate.</summary>
    Superseded = 4,

    /// <summary>No longer needed.</summary>
    CessationOfOperation = 5,

    /// <summary>On hold; may become good again.</summary>
    CertificateHold = 6,

    /// <summary>Taken off hold; delta CRLs only.</summary>
    RemoveFromCrl = 8,

    /// <summary>A privilege was withdrawn.</summary>
    PrivilegeWithdrawn = 9,

    /// <summary>The attribute authority was compromised.</summary>
    AaCompromise = 10,
}

/// <summary>Answer about one certificate (RFC 6960 §4.2.1).</summary>
public sealed record SingleResponse
{
    private static readonly Asn1Tag Good = Der.Context(0);
    private static readonly Asn1Tag Revoked = Der.Context(1);
    private static readonly Asn1Tag Unknown = Der.Context(2);

    /// <summary>Which certificate.</summary>
    public required CertId Certificate { get; init; }

    /// <summary>Its status.</summary>
    public required OcspCertificateStatus Status { get; init; }

    /// <summary>Since when it is revoked or on hold; null unless <see cref="OcspCertificateStatus.Revoked"/>.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Why; null when not stated.</summary>
    public RevocationReason? Reason { get; init; }

    /// <summary>When the status was known to be right.</summary>
    public required DateTimeOffset ThisUpdate { get; init; }

    /// <summary>When newer information will be available at the latest; null when always.</summary>
    public DateTimeOffset? NextUpdate { get; init; }

    /// <summary>singleExtensions.</summary>
    public IReadOnlyList<Extension> Extensions { get; init; } = [];

    /// <summary>archive-cutoff: since when the status of certificates is kept beyond their expiry (RFC 6960 §4.4.4).</summary>
    /// <param name="since">The date.</param>
    public static Extension ArchiveCutoff(DateTimeOffset since) =>
        CertificateExtensions.Make(Oids.OcspArchiveCutoff, false, writer => writer.WriteGeneralizedTime(since.ToUniversalTime(), omitFractionalSeconds: true));

    internal static SingleResponse Read(AsnReader reader)
    {
        AsnReader sequence = reader.ReadSequence();
        var response = new SingleResponse
        {
            Certificate = CertId.Read(sequence),
            Status = OcspCertificateStatus.Unknown,
            ThisUpdate = default,
        };
        response = ReadStatus(response, sequence) with { ThisUpdate = sequence.ReadGeneralizedTime() };
        if (Der.NextIs(sequence, Der.Context(0)))
        {
            AsnReader next = sequence.ReadSequence(Der.Context(0));
            response = response with { NextUpdate = next.ReadGeneralizedTime() };
            next.ThrowIfNotEmpty();
        }
        if (Der.NextIs(sequence, Der.Context(1)))
        {
            AsnReader extensions = sequence.ReadSequence(Der.Context(1));
            response = response with { Extensions = Extension.ReadList(extensions) };
            extensions.ThrowIfNotEmpty();
        }
        sequence.ThrowIfNotEmpty();
        return response;
    }

    internal void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(Certificate.Encoded.Span);
            WriteStatus(writer);
            writer.WriteGeneralizedTime(ThisUpdate.ToUniversalTime(), omitFractionalSeconds: true);
            if (NextUpdate is { } next)
            {
                using (writer.PushSequence(Der.Context(0)))
                    writer.WriteGeneralizedTime(next.ToUniversalTime(), omitFractionalSeconds: true);
            }
            if (Extensions.Count > 0)
            {
                using (writer.PushSequence(Der.Context(1)))
                    Extension.WriteList(writer, Extensions);
            }
        }
    }

    private static SingleResponse ReadStatus(SingleResponse response, AsnReader reader)
    {
        if (Der.NextIs(reader, Good))
        {
            reader.ReadNull(Good);
            return response with { Status = OcspCertificateStatus.Good };
        }
        if (Der.NextIs(reader, Unknown))
        {
            reader.ReadNull(Unknown);
            return response;
        }
        AsnReader revoked = reader.ReadSequence(Revoked);
        DateTimeOffset at = revoked.ReadGeneralizedTime();
        RevocationReason? reason = null;
        if (revoked.HasData)
        {
            AsnReader wrapped = revoked.ReadSequence(Der.Context(0));
            reason = Reasons.Read(wrapped);
            wrapped.ThrowIfNotEmpty();
        }
        revoked.ThrowIfNotEmpty();
        return response with { Status = OcspCertificateStatus.Revoked, RevokedAt = at, Reason = reason };
    }

    private void WriteStatus(AsnWriter writer)
    {
        switch (Status)
        {
            case OcspCertificateStatus.Good:
                writer.WriteNull(Good);
                break;
            case OcspCertificateStatus.Unknown:
                writer.WriteNull(Unknown);
                break;
            default:
                using (writer.PushSequence(Revoked))
                {
                    writer.WriteGeneralizedTime(RevokedAt!.Value.ToUniversalTime(), omitFractionalSeconds: true);
                    if (Reason is { } reason and not RevocationReason.Unspecified)
                    {
                        using (writer.PushSequence(Der.Context(0)))
                            writer.WriteEnumeratedValue(reason);
                    }
                }
                break;
        }
    }
}
