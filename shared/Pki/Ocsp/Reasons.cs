using System.Formats.Asn1;

namespace Pechat.Pki;

internal static class Reasons
{
    /// <exception cref="AsnContentException">The number is no CRLReason.</exception>
    internal static RevocationReason Read(AsnReader reader)
    {
        ReadOnlyMemory<byte> number = reader.ReadEnumeratedBytes();
        return number.Length == 1 && Enum.IsDefined((RevocationReason)number.Span[0])
            ? (RevocationReason)number.Span[0]
            : throw new AsnContentException("This is no reason of revocation.");
    }
}
