using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>Where the PKI disclosure statement is published in one language.</summary>
/// <param name="Url">https URL.</param>
/// <param name="Language">ISO 639-1, two lower-case letters.</param>
public sealed record DisclosureStatement(string Url, string Language);

/// <summary>qcStatements (EN 319 412-5, RFC 3739 §3.2.6).</summary>
public sealed record QcStatements
{
    /// <summary>QcCompliance: an EU qualified certificate.</summary>
    public bool Compliance { get; init; }

    /// <summary>QcSSCD: the key resides in a QSCD.</summary>
    public bool QualifiedDevice { get; init; }

    /// <summary>QcType: one of <see cref="Oids.QcTypeEsign"/>, <see cref="Oids.QcTypeEseal"/>, <see cref="Oids.QcTypeWeb"/>; null when not stated.</summary>
    public string? Type { get; init; }

    /// <summary>QcPDS; empty when not stated.</summary>
    public IReadOnlyList<DisclosureStatement> Disclosures { get; init; } = [];

    /// <summary>QcRetentionPeriod in years after the end of validity; null when not stated.</summary>
    public int? RetentionYears { get; init; }

    /// <summary>QcCClegislation: countries outside the EU by whose law the certificate is qualified; empty when not stated.</summary>
    public IReadOnlyList<string> Legislations { get; init; } = [];

    /// <summary>Semantics identifier of EN 319 412-1 §5.1, e.g. <see cref="Oids.SemanticsNatural"/>; null when not stated.</summary>
    public string? Semantics { get; init; }

    /// <summary>nameRegistrationAuthorities as URIs; written only with <see cref="Semantics"/>.</summary>
    public IReadOnlyList<string> RegistrationAuthorities { get; init; } = [];

    /// <summary>Statements that this type does not model, by OID; never written.</summary>
    public IReadOnlyList<string> Others { get; init; } = [];

    /// <summary>The extension's value, DER, in the order of the OIDs.</summary>
    public byte[] Encode() => Der.Encode(writer =>
    {
        using (writer.PushSequence())
        {
            if (Compliance)
                Statement(writer, Oids.QcCompliance);
            if (RetentionYears is { } years)
                Statement(writer, Oids.QcRetentionPeriod, info => info.WriteInteger(years));
            if (QualifiedDevice)
                Statement(writer, Oids.QcSscd);
            if (Type is not null)
                Statement(writer, Oids.QcType, info => Sequence(info, [Type], (w, type) => w.WriteObjectIdentifier(type)));
            if (Disclosures.Count > 0)
                Statement(writer, Oids.QcPds, info => Sequence(info, Disclosures, WriteDisclosure));
            if (Legislations.Count > 0)
                Statement(writer, Oids.QcCcLegislation, info =>
                    Sequence(info, Legislations, (w, country) => w.WriteCharacterString(UniversalTagNumber.PrintableString, country)));
            if (Semantics is not null)
                Statement(writer, Oids.QcSyntaxV2, WriteSemantics);
        }
    });

    /// <summary>Reads untrusted DER.</summary>
    /// <param name="value">The extension's value.</param>
    /// <exception cref="AsnContentException">The data is not DER, has another shape, states one thing twice, or states several types.</exception>
    public static QcStatements Parse(ReadOnlyMemory<byte> value)
    {
        AsnReader statements = Der.Sequence(value);
        var result = new QcStatements();
        var seen = new HashSet<string>();
        while (statements.HasData)
        {
            AsnReader statement = statements.ReadSequence();
            string oid = statement.ReadObjectIdentifier();
            if (!seen.Add(oid))
                throw new AsnContentException("A statement occurs twice.");
            result = Read(result, oid, statement);
            statement.ThrowIfNotEmpty();
        }
        return result;
    }

    private static QcStatements Read(QcStatements result, string oid, AsnReader info)
    {
        switch (oid)
        {
            case Oids.QcCompliance:
                return result with { Compliance = true };
            case Oids.QcSscd:
                return result with { QualifiedDevice = true };
            case Oids.QcRetentionPeriod:
                return result with { RetentionYears = Der.SmallInteger(info) };
            case Oids.QcType:
                AsnReader types = info.ReadSequence();
                string type = types.ReadObjectIdentifier();
                types.ThrowIfNotEmpty(); // EN 319 412-5 §4.2.3: a certificate is of exactly one type
                return result with { Type = type };
            case Oids.QcPds:
                return result with { Disclosures = List(info, ReadDisclosure) };
            case Oids.QcCcLegislation:
                return result with { Legislations = List(info, reader => reader.ReadCharacterString(UniversalTagNumber.PrintableString)) };
            case Oids.QcSyntaxV2 when info.HasData:
                AsnReader semantics = info.ReadSequence();
                result = result with
                {
                    Semantics = Der.NextIs(semantics, UniversalTagNumber.ObjectIdentifier) ? semantics.ReadObjectIdentifier() : null,
                    RegistrationAuthorities = semantics.HasData ? GeneralName.ReadUris(semantics) : [],
                };
                semantics.ThrowIfNotEmpty();
                return result;
            default:
                if (info.HasData)
                    info.ReadEncodedValue();
                return result with { Others = [.. result.Others, oid] };
        }
    }

    private static DisclosureStatement ReadDisclosure(AsnReader reader)
    {
        AsnReader location = reader.ReadSequence();
        var result = new DisclosureStatement(
            location.ReadCharacterString(UniversalTagNumber.IA5String), location.ReadCharacterString(UniversalTagNumber.PrintableString));
        location.ThrowIfNotEmpty();
        return result;
    }

    private static List<T> List<T>(AsnReader reader, Func<AsnReader, T> read)
    {
        AsnReader sequence = reader.ReadSequence();
        var result = new List<T>();
        do
            result.Add(read(sequence));
        while (sequence.HasData);
        return result;
    }

    private static void Statement(AsnWriter writer, string oid, Action<AsnWriter>? info = null)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            info?.Invoke(writer);
        }
    }

    private static void Sequence<T>(AsnWriter writer, IEnumerable<T> items, Action<AsnWriter, T> write)
    {
        using (writer.PushSequence())
        {
            foreach (T item in items)
                write(writer, item);
        }
    }

    private static void WriteDisclosure(AsnWriter writer, DisclosureStatement disclosure)
    {
        using (writer.PushSequence())
        {
            writer.WriteCharacterString(UniversalTagNumber.IA5String, disclosure.Url);
            writer.WriteCharacterString(UniversalTagNumber.PrintableString, disclosure.Language);
        }
    }

    private void WriteSemantics(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Semantics!);
            if (RegistrationAuthorities.Count > 0)
                Sequence(writer, RegistrationAuthorities, (w, uri) => w.WriteCharacterString(UniversalTagNumber.IA5String, uri, Der.Context(6)));
        }
    }
}
