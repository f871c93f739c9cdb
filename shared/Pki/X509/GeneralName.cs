using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>The kinds of GeneralName that we read (RFC 5280 §4.2.1.6).</summary>
internal static class GeneralName
{
    private static readonly Asn1Tag Uri = Der.Context(6), Email = Der.Context(1);

    /// <summary>The URIs of GeneralNames; names of other kinds are passed over.</summary>
    internal static List<string> ReadUris(AsnReader reader, Asn1Tag? tag = null)
    {
        AsnReader names = reader.ReadSequence(tag);
        var uris = new List<string>();
        while (names.HasData)
        {
            if (TryReadUri(names) is { } uri)
                uris.Add(uri);
        }
        return uris;
    }

    /// <summary>The first rfc822Name; all names are read.</summary>
    internal static string? FindEmail(AsnReader names)
    {
        string? found = null;
        while (names.HasData)
        {
            if (Der.NextIs(names, Email))
            {
                string email = names.ReadCharacterString(UniversalTagNumber.IA5String, Email);
                found ??= email;
            }
            else
            {
                names.ReadEncodedValue();
            }
        }
        return found;
    }

    internal static string? TryReadUri(AsnReader names)
    {
        if (Der.NextIs(names, Uri))
            return names.ReadCharacterString(UniversalTagNumber.IA5String, Uri);
        names.ReadEncodedValue();
        return null;
    }
}
