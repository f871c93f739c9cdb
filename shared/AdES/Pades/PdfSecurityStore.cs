namespace Pechat.AdES.Pades;

/// <summary>Validation data that a PDF carries in its document security store (EN 319 142-1 §5.4.2); none of it is verified.</summary>
/// <param name="Certificates">DER of certificates.</param>
/// <param name="OcspResponses">DER of OCSP responses.</param>
/// <param name="Crls">DER of CRLs.</param>
public sealed record PdfSecurityStore(
    IReadOnlyList<ReadOnlyMemory<byte>> Certificates, IReadOnlyList<ReadOnlyMemory<byte>> OcspResponses, IReadOnlyList<ReadOnlyMemory<byte>> Crls)
{
    private const int MaxObjects = 1000;

    /// <summary>Reads the store of the newest revision; empty lists when there is none.</summary>
    /// <param name="pdf">The file, untrusted.</param>
    /// <exception cref="PdfException">The file is broken, encrypted or exceeds a bound.</exception>
    public static PdfSecurityStore Read(ReadOnlyMemory<byte> pdf)
    {
        PdfFile file = PdfFile.Parse(pdf);
        PdfDictionary store = file.Dictionary(file.Catalog(file.Latest)["DSS"], file.Latest) ?? PdfDictionary.Empty;
        return new PdfSecurityStore(Streams("Certs"), Streams("OCSPs"), Streams("CRLs"));

        List<ReadOnlyMemory<byte>> Streams(string key)
        {
            if (file.Resolve(store[key], file.Latest) is not PdfArray array)
                return [];
            if (array.Items.Count > MaxObjects)
                throw PdfException.Malformed($"The document security store holds more than {MaxObjects} objects of a kind.");
            return [.. array.Items.Select(item => file.Resolve(item, file.Latest)).OfType<PdfStream>().Select(file.Decode)];
        }
    }
}
