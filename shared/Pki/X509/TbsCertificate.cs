using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Pechat.Pki;

/// <summary>What a certificate says before it is signed (RFC 5280 §4.1.2). Sign with <see cref="SignedObject.SignAsync"/>.</summary>
public sealed record TbsCertificate
{
    /// <summary>Contents octets of a positive INTEGER, at most 20; see <see cref="NewSerial"/>.</summary>
    public required ReadOnlyMemory<byte> SerialNumber { get; init; }

    /// <summary>Algorithm of the issuer's signature.</summary>
    public required SignatureAlgorithm Algorithm { get; init; }

    /// <summary>Byte for byte the subject of the issuer's certificate.</summary>
    public required DistinguishedName Issuer { get; init; }

    /// <summary>First second of validity.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>Last second of validity.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Whose key it is.</summary>
    public required DistinguishedName Subject { get; init; }

    /// <summary>The certified key.</summary>
    public required SubjectPublicKey PublicKey { get; init; }

    /// <summary>Extensions in order.</summary>
    public required IReadOnlyList<Extension> Extensions { get; init; }

    /// <summary>128 random bits as contents octets of a positive INTEGER, 16 or 17 octets.</summary>
    public static byte[] NewSerial()
    {
        byte[] serial = new byte[17];
        do
            RandomNumberGenerator.Fill(serial.AsSpan(1));
        while (serial[1] == 0); // so that the length never varies below 16 octets and the number is never zero
        return serial[1] >= 0x80 ? serial : serial[1..]; // the sign octet stands only where it is needed
    }

    /// <summary>DER to be signed.</summary>
    public byte[] Encode()
    {
        AsnWriter writer = Der.Writer();
        using (writer.PushSequence())
        {
            using (writer.PushSequence(Der.Context(0)))
                writer.WriteInteger(2); // v3
            writer.WriteInteger(SerialNumber.Span);
            Algorithm.Write(writer);
            writer.WriteEncodedValue(Issuer.Encoded.Span);
            using (writer.PushSequence())
            {
                Der.WriteTime(writer, NotBefore);
                Der.WriteTime(writer, NotAfter);
            }
            writer.WriteEncodedValue(Subject.Encoded.Span);
            writer.WriteEncodedValue(PublicKey.Encoded.Span);
            using (writer.PushSequence(Der.Context(3)))
                Extension.WriteList(writer, Extensions);
        }
        return writer.Encode();
    }
}
