using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>The nonce extension of requests and responses (RFC 9654 §2.1): 1 to 128 octets.</summary>
internal static class OcspNonce
{
    private const int MaxLength = 128;

    internal static Extension Write(ReadOnlyMemory<byte> nonce) =>
        CertificateExtensions.Make(Oids.OcspNonce, false, writer => writer.WriteOctetString(nonce.Span));

    internal static ReadOnlyMemory<byte>? Read(IReadOnlyList<Extension> extensions)
    {
        if (extensions.FirstOrDefault(each => each.Oid == Oids.OcspNonce) is not { } extension)
            return null;
        AsnReader reader = Der.Reader(extension.Value);
        ReadOnlyMemory<byte> nonce = Der.Octets(reader);
        reader.ThrowIfNotEmpty();
        return nonce.Length is >= 1 and <= MaxLength ? nonce : throw new AsnContentException("A nonce has 1 to 128 octets (RFC 9654 §2.1).");
    }
}
