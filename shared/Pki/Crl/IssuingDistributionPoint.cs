using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>issuingDistributionPoint: what part of an issuer's certificates a CRL covers (RFC 5280 §5.2.5).</summary>
/// <param name="Urls">URIs of its full name.</param>
/// <param name="OnlyUserCertificates">Only end entities.</param>
/// <param name="OnlyCaCertificates">Only CAs.</param>
/// <param name="IsPartial">Covers only some reasons, is indirect, or is for attribute certificates.</param>
public sealed record IssuingDistributionPoint(IReadOnlyList<string> Urls, bool OnlyUserCertificates, bool OnlyCaCertificates, bool IsPartial)
{
    internal static IssuingDistributionPoint Read(AsnReader reader)
    {
        AsnReader sequence = reader.ReadSequence();
        List<string> urls = [];
        if (Der.NextIs(sequence, Der.Context(0)))
        {
            AsnReader name = sequence.ReadSequence(Der.Context(0));
            if (Der.NextIs(name, Der.Context(0)))
                urls = GeneralName.ReadUris(name, Der.Context(0));
            else
                name.ReadEncodedValue();
            name.ThrowIfNotEmpty();
        }
        bool user = ReadFlag(sequence, 1);
        bool authority = ReadFlag(sequence, 2);
        bool partial = Der.NextIs(sequence, Der.Context(3));
        if (partial)
            sequence.ReadEncodedValue(); // onlySomeReasons
        partial |= ReadFlag(sequence, 4);
        partial |= ReadFlag(sequence, 5);
        sequence.ThrowIfNotEmpty();
        return new IssuingDistributionPoint(urls, user, authority, partial);
    }

    private static bool ReadFlag(AsnReader sequence, int tag) =>
        Der.NextIs(sequence, Der.Context(tag)) && sequence.ReadBoolean(Der.Context(tag));
}
