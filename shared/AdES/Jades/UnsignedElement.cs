using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Pechat.AdES.Jades;

/// <summary>Elements of etsiU, as base64url strings: what a later archive time stamp covers then needs no canonical form (TS 119 182-1 §5.3).</summary>
internal static class UnsignedElement
{
    /// <summary>Elements that a baseline signature may not have (ades.md 5.4).</summary>
    internal static readonly string[] Extended = ["xRefs", "rRefs", "axRefs", "arRefs", "sigRTst", "rfsTst"];

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Name of the only member of an untrusted element.</summary>
    /// <exception cref="SignatureException">The element is malformed.</exception>
    internal static string Name(string element)
    {
        try
        {
            using var document = JsonDocument.Parse(Base64Url.DecodeFromUtf8(Encoding.ASCII.GetBytes(element)), Strict);
            return document.RootElement.EnumerateObject().Single().Name;
        }
        catch (Exception malformed) when (malformed is JsonException or FormatException or InvalidOperationException)
        {
            throw new SignatureException("An unsigned element is malformed.", malformed);
        }
    }

    /// <summary><c>sigTst</c> with one token.</summary>
    internal static string SignatureTimestamp(ReadOnlyMemory<byte> token) => Timestamp("sigTst", token);

    /// <summary><c>arcTst</c> with one token.</summary>
    internal static string ArchiveTimestamp(ReadOnlyMemory<byte> token) => Timestamp("arcTst", token);

    /// <summary><c>xVals</c>.</summary>
    internal static string CertificateValues(ValidationData data) => Element(writer => WriteCertificates(writer, data));

    /// <summary><c>rVals</c>.</summary>
    internal static string RevocationValues(ValidationData data) => Element(writer => WriteRevocation(writer, data));

    /// <summary><c>tstVD</c>.</summary>
    internal static string TimestampValidationData(ValidationData data) => Element(writer =>
    {
        writer.WriteStartObject("tstVD");
        WriteCertificates(writer, data);
        WriteRevocation(writer, data);
        writer.WriteEndObject();
    });

    private static string Timestamp(string name, ReadOnlyMemory<byte> token) => Element(writer =>
    {
        writer.WriteStartObject(name);
        writer.WriteStartArray("tstTokens");
        WriteValue(writer, token);
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    private static void WriteCertificates(Utf8JsonWriter writer, ValidationData data)
    {
        writer.WriteStartArray("xVals");
        foreach (ReadOnlyMemory<byte> certificate in data.Certificates)
        {
            writer.WriteStartObject();
            writer.WritePropertyName("x509Cert");
            WriteValue(writer, certificate);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WriteRevocation(Utf8JsonWriter writer, ValidationData data)
    {
        writer.WriteStartObject("rVals");
        foreach ((string name, IReadOnlyList<ReadOnlyMemory<byte>> objects) in (ReadOnlySpan<(string, IReadOnlyList<ReadOnlyMemory<byte>>)>)[("crlVals", data.Crls), ("ocspVals", data.OcspResponses)])
        {
            if (objects.Count == 0)
                continue;
            writer.WriteStartArray(name);
            foreach (ReadOnlyMemory<byte> each in objects)
                WriteValue(writer, each);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    /// <summary>pkiOb: base64, not base64url.</summary>
    private static void WriteValue(Utf8JsonWriter writer, ReadOnlyMemory<byte> der)
    {
        writer.WriteStartObject();
        writer.WriteString("val", Convert.ToBase64String(der.Span));
        writer.WriteEndObject();
    }

    private static string Element(Action<Utf8JsonWriter> write) => JwsDocument.Encode(ProtectedHeader.Json(writer =>
    {
        writer.WriteStartObject();
        write(writer);
        writer.WriteEndObject();
    }));
}
