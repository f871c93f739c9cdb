using System.Buffers.Text;
using System.Text;
using Pechat.Pki;

namespace Pechat.AdES.Jades;

/// <summary>One object that a JAdES signature covers without carrying it.</summary>
/// <param name="Uri">How the signature names it.</param>
/// <param name="Content">Its octets.</param>
/// <param name="MediaType">Its media type; null leaves it out.</param>
public sealed record DetachedObject(string Uri, ReadOnlyMemory<byte> Content, string? MediaType = null);

/// <summary>How a signature refers to what it does not carry (TS 119 182-1 §5.2.8), with the payload that results.</summary>
public abstract class DetachedContent
{
    private protected DetachedContent()
    {
    }

    /// <summary>URI of the mechanism.</summary>
    internal abstract string Mechanism { get; }

    /// <summary>Names of the headers or URIs of the objects.</summary>
    internal abstract IReadOnlyList<string> Names { get; }

    /// <summary>Media types beside <see cref="Names"/>; empty when none is stated.</summary>
    internal virtual IReadOnlyList<string> MediaTypes => [];

    /// <summary>base64url hashes beside <see cref="Names"/>; empty when the mechanism has none.</summary>
    internal virtual IReadOnlyList<string> Hashes(DigestAlgorithm digest, bool raw) => [];

    /// <summary>Payload part of the signing input, already base64url unless raw.</summary>
    internal abstract byte[] Payload(bool raw);
}

/// <summary>Lines of an HTTP message, the body among them by its <c>Digest</c> header (§5.2.8.2); always raw.</summary>
/// <param name="headers">Names, also <c>(request-target)</c>, with values, in the order to be signed.</param>
public sealed class HttpHeaders(IReadOnlyList<(string Name, string Value)> headers) : DetachedContent
{
    internal override string Mechanism => "http://uri.etsi.org/19182/HttpHeaders";

    internal override IReadOnlyList<string> Names { get; } = [.. headers.Select(each => each.Name.ToLowerInvariant())];

    internal override byte[] Payload(bool raw) => raw
        ? Encoding.UTF8.GetBytes(string.Join('\n', headers.Select(each => $"{each.Name.ToLowerInvariant()}: {each.Value.Trim()}")))
        : throw new SignatureException("HTTP headers are signed raw: b64 must be false (TS 119 182-1 §5.2.8.2).");
}

/// <summary>Objects whose octets make up the payload in their order (§5.2.8.3.2).</summary>
/// <param name="objects">The objects.</param>
public sealed class ObjectsByUri(params IReadOnlyList<DetachedObject> objects) : DetachedContent
{
    internal override string Mechanism => "http://uri.etsi.org/19182/ObjectIdByURI";

    internal override IReadOnlyList<string> Names { get; } = [.. objects.Select(each => each.Uri)];

    internal override IReadOnlyList<string> MediaTypes { get; } = Types(objects);

    /// <summary>Each object is encoded by itself, so that the parts cannot be shifted against each other.</summary>
    internal override byte[] Payload(bool raw) => [.. objects.SelectMany(each => raw ? each.Content.ToArray() : Base64Url.EncodeToUtf8(each.Content.Span))];

    internal static IReadOnlyList<string> Types(IReadOnlyList<DetachedObject> objects) =>
        objects.All(each => each.MediaType is not null) ? [.. objects.Select(each => each.MediaType!)] : [];
}

/// <summary>Objects whose hashes stand in the header; the payload is empty (§5.2.8.3.3).</summary>
/// <param name="objects">The objects.</param>
public sealed class ObjectsByUriAndHash(params IReadOnlyList<DetachedObject> objects) : DetachedContent
{
    internal override string Mechanism => "http://uri.etsi.org/19182/ObjectIdByURIHash";

    internal override IReadOnlyList<string> Names { get; } = [.. objects.Select(each => each.Uri)];

    internal override IReadOnlyList<string> MediaTypes { get; } = ObjectsByUri.Types(objects);

    internal override IReadOnlyList<string> Hashes(DigestAlgorithm digest, bool raw) =>
        [.. objects.Select(each => Base64Url.EncodeToString(digest.Hash(raw ? each.Content.Span : Base64Url.EncodeToUtf8(each.Content.Span))))];

    internal override byte[] Payload(bool raw) => [];
}
