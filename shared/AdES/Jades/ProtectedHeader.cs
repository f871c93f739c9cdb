using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pechat.Pki;

namespace Pechat.AdES.Jades;

/// <summary>The protected header of a JAdES baseline signature (TS 119 182-1 §5).</summary>
internal static class ProtectedHeader
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>UTF-8 JSON; written once, never serialised again.</summary>
    internal static byte[] Write(
        SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm, DetachedContent? detached, bool raw) => Json(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("alg", algorithm.JwaName);
        writer.WriteNumber("iat", claims.SigningTime.ToUnixTimeSeconds()); // mandatory since 2025-07-15; sigT is its past
        writer.WriteString("x5t#S256", Base64Url.EncodeToString(DigestAlgorithm.Sha256.Hash(certificate.Encoded.Span)));
        writer.WriteStartArray("x5c");
        foreach (Certificate each in chain.Prepend(certificate))
            writer.WriteStringValue(Convert.ToBase64String(each.Encoded.Span)); // RFC 7515 §4.1.6: not base64url
        writer.WriteEndArray();
        if (claims.MimeType is { } type && detached is null) // §5.1.3: never beside sigD
            writer.WriteString("cty", type.StartsWith("application/", StringComparison.Ordinal) && type.IndexOf('/', 12) < 0 ? type[12..] : type); // RFC 7515 §4.1.10
        if (claims.Commitment is { } commitment)
            WriteCommitment(writer, commitment);
        if (claims.Country is not null || claims.Locality is not null)
            WritePlace(writer, claims);
        if (detached is not null)
            WriteDetached(writer, detached, algorithm.Digest, raw);
        if (raw)
            writer.WriteBoolean("b64", false);
        WriteCritical(writer, detached, raw);
        writer.WriteEndObject();
    });

    internal static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Plain))
            write(writer);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteCommitment(Utf8JsonWriter writer, Commitment commitment)
    {
        writer.WriteStartArray("srCms");
        writer.WriteStartObject();
        writer.WriteStartObject("commId");
        writer.WriteString("id", string.Create(CultureInfo.InvariantCulture, $"urn:oid:1.2.840.113549.1.9.16.6.{(int)commitment}"));
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void WritePlace(Utf8JsonWriter writer, SignatureClaims claims)
    {
        writer.WriteStartObject("sigPl");
        if (claims.Country is { } country)
            writer.WriteString("addressCountry", country);
        if (claims.Locality is { } locality)
            writer.WriteString("addressLocality", locality);
        writer.WriteEndObject();
    }

    private static void WriteDetached(Utf8JsonWriter writer, DetachedContent detached, DigestAlgorithm digest, bool raw)
    {
        writer.WriteStartObject("sigD");
        writer.WriteString("mId", detached.Mechanism);
        WriteArray(writer, "pars", detached.Names);
        if (detached.Hashes(digest, raw) is { Count: > 0 } hashes)
        {
            writer.WriteString("hashM", string.Create(CultureInfo.InvariantCulture, $"S{digest.Length * 8}"));
            WriteArray(writer, "hashV", hashes);
        }
        if (detached.MediaTypes is { Count: > 0 } types)
            WriteArray(writer, "ctys", types);
        writer.WriteEndObject();
    }

    /// <summary>RFC 7515 §4.1.11: names what a reader must understand, and only what is there.</summary>
    private static void WriteCritical(Utf8JsonWriter writer, DetachedContent? detached, bool raw)
    {
        List<string> critical = [];
        if (detached is not null)
            critical.Add("sigD");
        if (raw)
            critical.Add("b64");
        if (critical.Count > 0)
            WriteArray(writer, "crit", critical);
    }

    private static void WriteArray(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }
}
