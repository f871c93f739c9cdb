namespace Pechat.AdES.Asic;

/// <summary>Kinds of containers (EN 319 162-1).</summary>
public enum AsicForm
{
    /// <summary>ASiC-S with CAdES: one file and a detached signature over it.</summary>
    SimpleCades,

    /// <summary>ASiC-S with XAdES.</summary>
    SimpleXades,

    /// <summary>ASiC-E with CAdES: files, a manifest of their hashes, and a signature over the manifest.</summary>
    ExtendedCades,

    /// <summary>ASiC-E with XAdES: files, and a signature that refers to each of them.</summary>
    ExtendedXades,
}

/// <summary>A file on its way into a container.</summary>
/// <param name="Name">Relative path with forward slashes.</param>
/// <param name="MimeType">Media type.</param>
/// <param name="Open">Opens the content from its beginning; it is read once for each phase and closed.</param>
public sealed record AsicFile(string Name, string MimeType, Func<Stream> Open);

/// <summary>Names and media types of the standard.</summary>
internal static class AsicNames
{
    internal const string Namespace = "http://uri.etsi.org/02918/v1.2.1#";
    internal const string Meta = "META-INF/";
    internal const string MimeType = "mimetype";
    internal const string SimpleType = "application/vnd.etsi.asic-s+zip";
    internal const string ExtendedType = "application/vnd.etsi.asic-e+zip";
    internal const string ArchiveManifest = Meta + "ASiCArchiveManifest.xml";
    internal const string CadesType = "application/x-pkcs7-signature";

    internal static bool IsSimple(this AsicForm form) => form is AsicForm.SimpleCades or AsicForm.SimpleXades;

    internal static bool IsXades(this AsicForm form) => form is AsicForm.SimpleXades or AsicForm.ExtendedXades;

    internal static string SignatureName(this AsicForm form) => Meta + form switch
    {
        AsicForm.SimpleCades => "signature.p7s",
        AsicForm.SimpleXades => "signatures.xml",
        AsicForm.ExtendedCades => "signature001.p7s",
        _ => "signatures001.xml",
    };

    /// <summary>Whether a name may stand in a container: it must not lead out of the folder into which somebody unpacks it (ades.md 6.6).</summary>
    internal static bool IsSafe(string name) =>
        name.Length is > 0 and <= 1024
        && !name.Contains('\\') && !name.Contains(':') && name[0] != '/'
        && !name.Any(char.IsControl)
        && name.TrimEnd('/').Split('/').All(part => part is not ("" or "." or ".."));

    /// <summary>Names that some file systems would take for the same are the same.</summary>
    internal static string Folded(string name) => name.Normalize(System.Text.NormalizationForm.FormC).ToUpperInvariant();
}
