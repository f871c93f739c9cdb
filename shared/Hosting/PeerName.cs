using System.Buffers;
using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Pechat.Hosting;

/// <summary>Who calls over mutual TLS: the last part of <c>spiffe://pechat/&lt;service&gt;</c> in the client's certificate.</summary>
public static class PeerName
{
    private const string Prefix = "spiffe://pechat/";
    private static readonly SearchValues<char> ServiceLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    private const int UriName = 6; // GeneralName, RFC 5280 §4.2.1.6

    /// <summary>The calling service, or null when the request did not come over mutual TLS. Headers are never asked.</summary>
    public static string? Peer(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<InternalListener>()?.Peer;
    }

    /// <summary>The one name in a certificate; null when there is none or more than one.</summary>
    internal static string? From(X509Certificate2 certificate)
    {
        string? found = null;
        foreach (X509Extension extension in certificate.Extensions.Where(e => e.Oid?.Value == "2.5.29.17"))
        {
            AsnReader names;
            try
            {
                names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (names.HasData)
                {
                    Asn1Tag tag = names.PeekTag();
                    if (tag != new Asn1Tag(TagClass.ContextSpecific, UriName))
                    {
                        names.ReadEncodedValue();
                        continue;
                    }
                    string uri = names.ReadCharacterString(UniversalTagNumber.IA5String, tag);
                    if (found is not null)
                        return null; // SPIFFE X509-SVID §2: exactly one URI
                    found = uri;
                }
            }
            catch (AsnContentException)
            {
                return null;
            }
        }
        return found is not null && found.StartsWith(Prefix, StringComparison.Ordinal) && IsService(found.AsSpan(Prefix.Length)) ? found[Prefix.Length..] : null;
    }

    private static bool IsService(ReadOnlySpan<char> name) => !name.IsEmpty && !name.ContainsAnyExcept(ServiceLetters);
}

/// <summary>Marks a connection to the mutual TLS port; set per connection, so it also holds when ports are chosen at random.</summary>
internal sealed class InternalListener
{
    /// <summary>Set once the handshake has succeeded.</summary>
    internal string? Peer { get; set; }
}

/// <summary>Marks a connection to the health port.</summary>
internal sealed class HealthListener;
