using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>RSASSA-PSS-params with one hash for message and MGF1 (RFC 8017 §A.2.3).</summary>
/// <param name="Hash">Hash of the message and of MGF1.</param>
/// <param name="SaltLength">Octets of salt.</param>
public sealed record RsaPssParameters(DigestAlgorithm Hash, int SaltLength)
{
    private const string Mgf1 = "1.2.840.113549.1.1.8";

    /// <summary>Reads the parameters; null when they are malformed or ask for what is refused (SHA-1, another MGF hash, trailer ≠ 1).</summary>
    /// <param name="der">The parameters of an AlgorithmIdentifier.</param>
    public static RsaPssParameters? TryParse(ReadOnlyMemory<byte> der)
    {
        try
        {
            // BER, because an explicitly encoded default (trailerField 1) is met in the wild and is not DER.
            var outer = new AsnReader(der, AsnEncodingRules.BER);
            AsnReader fields = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            DigestAlgorithm? hash = ReadHash(Explicit(fields, 0));
            DigestAlgorithm? mgf = ReadMgf(Explicit(fields, 1));
            int salt = Explicit(fields, 2) is { } saltField ? ReadInteger(saltField) : 20;
            int trailer = Explicit(fields, 3) is { } trailerField ? ReadInteger(trailerField) : 1;
            fields.ThrowIfNotEmpty();
            return hash is not null && hash == mgf && trailer == 1 && salt is >= 0 and <= 512 ? new RsaPssParameters(hash, salt) : null;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    /// <summary>DER with NULL parameters in the hash identifiers, as most verifiers expect.</summary>
    public byte[] Encode()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                WriteHash(writer);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Mgf1);
                WriteHash(writer);
            }
            if (SaltLength != 20) // DER omits the default
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2)))
                    writer.WriteInteger(SaltLength);
        }
        return writer.Encode();
    }

    private void WriteHash(AsnWriter writer)
    {
        using var sequence = writer.PushSequence();
        writer.WriteObjectIdentifier(Hash.Oid);
        writer.WriteNull();
    }

    private static AsnReader? Explicit(AsnReader fields, int number)
    {
        var tag = new Asn1Tag(TagClass.ContextSpecific, number, isConstructed: true);
        return fields.HasData && fields.PeekTag().HasSameClassAndValue(tag) ? fields.ReadSequence(tag) : null;
    }

    private static int ReadInteger(AsnReader field)
    {
        int value = field.TryReadInt32(out int number) ? number : -1;
        field.ThrowIfNotEmpty();
        return value;
    }

    private static DigestAlgorithm? ReadHash(AsnReader? field)
    {
        if (field is null)
            return null; // the default is SHA-1
        DigestAlgorithm? hash = ReadIdentifier(field.ReadSequence());
        field.ThrowIfNotEmpty();
        return hash;
    }

    private static DigestAlgorithm? ReadMgf(AsnReader? field)
    {
        if (field is null)
            return null; // the default is MGF1 with SHA-1
        AsnReader mgf = field.ReadSequence();
        field.ThrowIfNotEmpty();
        if (mgf.ReadObjectIdentifier() != Mgf1)
            return null;
        DigestAlgorithm? hash = ReadIdentifier(mgf.ReadSequence());
        mgf.ThrowIfNotEmpty();
        return hash;
    }

    private static DigestAlgorithm? ReadIdentifier(AsnReader identifier)
    {
        string oid = identifier.ReadObjectIdentifier();
        if (identifier.HasData)
            identifier.ReadNull(); // RFC 5754 §2: absent or NULL
        identifier.ThrowIfNotEmpty();
        return DigestAlgorithm.Find(oid);
    }
}
