using System.Text;
using System.Text.Json;
using Pechat.AdES.Pades;

namespace Pechat.Signing.Csc;

/// <summary>One entry of <c>documents</c> or <c>documentDigests</c> of signDoc (§5.12); digests are those of PAdES byte ranges, or of files that CAdES is detached from.</summary>
/// <param name="Name">What the signer and the archive see.</param>
/// <param name="Content">The file; null for a digest.</param>
/// <param name="Hashes">Digests of byte ranges; empty for a file.</param>
/// <param name="HashOid">hashAlgorithmOID of digests, or null.</param>
/// <param name="Timestamped">Level B-T rather than B-B.</param>
/// <param name="SignAlgo">Dotted OID.</param>
/// <param name="SignAlgoParams">Base64 DER, or null.</param>
/// <param name="Properties">Entries of the signature dictionary by name.</param>
/// <param name="Format">Format of the signature.</param>
/// <param name="Envelope">How it is packed, one of <see cref="SignatureFormats.Envelopes"/>.</param>
internal sealed record DocumentItem(
    string Name, byte[]? Content, IReadOnlyList<string> Hashes, string? HashOid, bool Timestamped, string SignAlgo, string? SignAlgoParams,
    IReadOnlyDictionary<string, string> Properties, SignatureFormat Format, string Envelope)
{
    internal const int MaxItems = 100;

    private static readonly string[] PropertyNames = ["Location", "Reason", "Name", "ContactInfo"]; // §8.8, dictionary entries of P

    /// <summary>The files, or null when the member is absent.</summary>
    internal static IReadOnlyList<DocumentItem>? ReadDocuments(CscRequest request) =>
        Read(request, "documents", "Invalid array parameter documents", (element, number) => Common(element, number, ReadContent(element), [], null));

    /// <summary>The digests, or null when the member is absent.</summary>
    internal static IReadOnlyList<DocumentItem>? ReadDigests(CscRequest request) =>
        Read(request, "documentDigests", "Invalid object parameter documentDigests", (element, number) => Common(
            element, number, null, Digests.Read(element, "hashes", CscVersion.V2) ?? throw Digests.Missing(CscVersion.V2), CscRequest.OptionalString(element, "hashAlgorithmOID")));

    private static List<DocumentItem>? Read(CscRequest request, string name, string wrong, Func<JsonElement, int, DocumentItem> read)
    {
        if (request.Member(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Array)
            throw CscRequest.Invalid(wrong);
        if (value.GetArrayLength() > MaxItems)
            throw new BadHttpRequestException($"More than {MaxItems} documents in one request", StatusCodes.Status413PayloadTooLarge);
        var items = new List<DocumentItem>(value.GetArrayLength());
        foreach (JsonElement element in value.EnumerateArray())
            items.Add(element.ValueKind == JsonValueKind.Object ? read(element, items.Count + 1) : throw CscRequest.Invalid(wrong));
        return items.Count > 0 ? items : null;
    }

    private static DocumentItem Common(JsonElement element, int number, byte[]? content, IReadOnlyList<string> hashes, string? hashOid)
    {
        SignatureFormat format = SignatureFormats.Find(CscRequest.RequiredString(element, "signature_format")) ?? throw CscRequest.InvalidParameter("signature_format");
        string level = CscRequest.OptionalString(element, "conformance_level") ?? "AdES-B-B";
        bool timestamped = level.Equals("AdES-B-T", StringComparison.OrdinalIgnoreCase); // §8.6: spelt in many ways
        if (!timestamped && !level.Equals("AdES-B-B", StringComparison.OrdinalIgnoreCase))
            throw CscRequest.InvalidParameter("conformance_level");
        string[] envelopes = content is null ? SignatureFormats.EnvelopesOfDigests(format) : SignatureFormats.EnvelopesOf(format);
        if (envelopes.Length == 0)
            throw CscRequest.InvalidParameter("signature_format");
        string envelope = CscRequest.OptionalString(element, "signed_envelope_property") ?? envelopes[0];
        if (!envelopes.Contains(envelope))
            throw CscRequest.InvalidParameter("signed_envelope_property");
        string signAlgo = CscRequest.RequiredString(element, "signAlgo");
        string? parameters = CscRequest.Member(element, "signAlgoParams") is null ? null : CscRequest.RequiredString(element, "signAlgoParams");
        bool hasDictionary = format == SignatureFormat.Pades && content is not null;
        return new DocumentItem(
            ReadName(element, number, format), content, hashes, hashOid, timestamped, signAlgo, parameters, ReadProperties(element, hasDictionary), format, envelope);
    }

    private static string ReadName(JsonElement element, int number, SignatureFormat format)
    {
        // label is the member of 2.2; name is what some of our own clients send.
        string? given = CscRequest.OptionalString(element, "label") ?? CscRequest.OptionalString(element, "name");
        string name = string.IsNullOrEmpty(given) ? format == SignatureFormat.Pades ? $"document-{number}.pdf" : $"document-{number}" : given;
        return name.Length <= 255 && !name.Any(char.IsControl) ? name : throw CscRequest.InvalidParameter("label");
    }

    private static byte[] ReadContent(JsonElement element) =>
        CscRequest.Member(element, "document") is { ValueKind: JsonValueKind.String } value && value.TryGetBytesFromBase64(out byte[]? content) && content.Length > 0
            ? content : throw CscRequest.Invalid("Invalid Base64 documents string parameter");

    private static Dictionary<string, string> ReadProperties(JsonElement element, bool hasDictionary)
    {
        var properties = new Dictionary<string, string>();
        if (CscRequest.Member(element, "signed_props") is not { } list)
            return properties;
        if (list.ValueKind != JsonValueKind.Array)
            throw CscRequest.InvalidParameter("signed_props");
        foreach (JsonElement property in list.EnumerateArray())
        {
            string? name = property.ValueKind == JsonValueKind.Object ? CscRequest.OptionalString(property, "attribute_name") : null;
            // With a digest the dictionary is already fixed by the client; other formats have none.
            if (name is null || !hasDictionary || !PropertyNames.Contains(name) || Value(property) is not { } text || !properties.TryAdd(name, text))
                throw CscRequest.Invalid($"Invalid parameter signed_props: {(name is { Length: <= 64 } ? name : "attribute_name")}");
        }
        return properties;
    }

    private static string? Value(JsonElement property)
    {
        if (CscRequest.OptionalString(property, "attribute_value") is not { } base64 || Digests.DecodeOne(base64) is not { Length: <= 1024 } bytes)
            return null;
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null; // no UTF-8: the caller refuses the attribute by name
        }
    }

    internal PadesOptions Options(DateTimeOffset signingTime) => new()
    {
        SigningTime = signingTime,
        TimestampReserve = Timestamped ? PadesOptions.UsualTimestamp : 0,
        Name = Properties.GetValueOrDefault("Name"),
        Reason = Properties.GetValueOrDefault("Reason"),
        Location = Properties.GetValueOrDefault("Location"),
        ContactInfo = Properties.GetValueOrDefault("ContactInfo"),
    };
}
