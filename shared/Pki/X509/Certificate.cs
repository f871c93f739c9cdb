using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>A certificate as it was read (RFC 5280 §4.1). Immutable and thread-safe.</summary>
public sealed class Certificate
{
    private Certificate(ReadOnlyMemory<byte> der, SignedObject signed)
    {
        Encoded = der;
        Signed = signed;
        AsnReader tbs = Der.Sequence(signed.Tbs);
        ReadVersion(tbs);
        SerialNumber = tbs.ReadIntegerBytes();
        if (!AlgorithmIdentifier.Read(tbs).Equals(signed.Algorithm))
            throw new AsnContentException("The algorithms inside and outside the signed part differ (RFC 5280 §4.1.1.2).");
        Issuer = DistinguishedName.Parse(tbs.ReadEncodedValue());
        AsnReader validity = tbs.ReadSequence();
        NotBefore = Der.ReadTime(validity);
        NotAfter = Der.ReadTime(validity);
        validity.ThrowIfNotEmpty();
        Subject = DistinguishedName.Parse(tbs.ReadEncodedValue());
        PublicKey = SubjectPublicKey.Parse(tbs.ReadEncodedValue());
        AsnReader extensions = tbs.ReadSequence(Der.Context(3)); // unique identifiers [1] and [2] have no place in our world
        Extensions = Extension.ReadList(extensions);
        extensions.ThrowIfNotEmpty();
        tbs.ThrowIfNotEmpty();
    }

    /// <summary>The whole certificate, DER.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>Signed part, algorithm and signature.</summary>
    public SignedObject Signed { get; }

    /// <summary>Contents octets of the INTEGER.</summary>
    public ReadOnlyMemory<byte> SerialNumber { get; }

    /// <summary>Serial number in upper-case hex, with the sign octet where there is one.</summary>
    public string Serial => Convert.ToHexString(SerialNumber.Span);

    /// <summary>Who signed it.</summary>
    public DistinguishedName Issuer { get; }

    /// <summary>First second of validity.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>Last second of validity.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>Whose key it is.</summary>
    public DistinguishedName Subject { get; }

    /// <summary>The certified key.</summary>
    public SubjectPublicKey PublicKey { get; }

    /// <summary>Extensions in order.</summary>
    public IReadOnlyList<Extension> Extensions { get; }

    /// <summary>Reads a version 3 certificate with extensions; nothing older is accepted.</summary>
    /// <param name="der">Exactly one certificate.</param>
    /// <exception cref="AsnContentException">The data is not DER, has another shape, or contradicts itself.</exception>
    public static Certificate Parse(ReadOnlyMemory<byte> der) => new(der, SignedObject.Parse(der));

    /// <summary>The extension with this OID, or null.</summary>
    /// <param name="oid">Dotted OID.</param>
    public Extension? Find(string oid) => Extensions.FirstOrDefault(each => each.Oid == oid);

    /// <summary>True when the issuer's name and key both fit. Says nothing about validity or purposes.</summary>
    /// <param name="issuer">Certificate of the supposed issuer.</param>
    public bool IsSignedBy(Certificate issuer) => Issuer.Equals(issuer.Subject) && Signed.Verify(issuer.PublicKey);

    private static void ReadVersion(AsnReader tbs)
    {
        AsnReader version = tbs.ReadSequence(Der.Context(0));
        if (Der.SmallInteger(version) != 2)
            throw new AsnContentException("Only version 3 certificates are accepted.");
        version.ThrowIfNotEmpty();
    }
}
