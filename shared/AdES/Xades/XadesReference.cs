namespace Pechat.AdES.Xades;

/// <summary>A file that a detached XAdES signature covers by its hash.</summary>
/// <param name="Uri">How the signature names it; percent-encoded.</param>
/// <param name="Digest">Hash of its octets by the hash of the signature algorithm.</param>
/// <param name="MimeType">Media type.</param>
public sealed record XadesReference(string Uri, ReadOnlyMemory<byte> Digest, string MimeType)
{
    /// <summary>Transforms in their order; none for octets as they are.</summary>
    internal IReadOnlyList<string> Transforms { get; init; } = [];

    /// <summary>Names a file by its path, percent-encoded as RFC 3986 asks.</summary>
    /// <param name="path">Relative path with forward slashes.</param>
    /// <param name="digest">Hash of the file.</param>
    /// <param name="mimeType">Media type.</param>
    public static XadesReference ToFile(string path, ReadOnlyMemory<byte> digest, string mimeType) =>
        new(string.Join('/', path.Split('/').Select(System.Uri.EscapeDataString)), digest, mimeType);

    /// <summary>An element of the same document; its digest is computed when the signature stands beside it.</summary>
    internal static XadesReference ToElement(string id, string mimeType, string transform) => new("#" + id, default, mimeType) { Transforms = [transform] };
}
