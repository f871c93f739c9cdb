using System.Text;

namespace Pechat.AdES.Pades;

/// <summary>A terminal form field (ISO 32000-2 §12.7.4).</summary>
/// <param name="Name">Full name: partial names joined by full stops.</param>
/// <param name="Reference">The field's object; null when it is written inside its parent.</param>
/// <param name="Dictionary">The field itself.</param>
/// <param name="IsSignature">Whether /FT, which is inherited, is /Sig.</param>
internal sealed record PdfField(string Name, PdfReference? Reference, PdfDictionary Dictionary, bool IsSignature);

/// <summary>Reads the interactive form and what signatures forbid.</summary>
internal static class PdfForm
{
    private const int MaxFields = 20_000;
    private const int MaxDepth = 32;

    internal static List<PdfField> Fields(PdfFile file, int revision)
    {
        var fields = new List<PdfField>();
        PdfDictionary? form = file.Dictionary(file.Catalog(revision)["AcroForm"], revision);
        if (file.Resolve(form?["Fields"], revision) is PdfArray roots)
            Walk(roots, "", null, 0);
        return fields;

        void Walk(PdfArray kids, string parent, PdfObject? type, int depth)
        {
            if (depth > MaxDepth)
                throw PdfException.Malformed("The form is nested too deeply.");
            foreach (PdfObject kid in kids.Items)
            {
                if (fields.Count > MaxFields)
                    throw PdfException.Malformed("The form has too many fields.");
                if (file.Dictionary(kid, revision) is not { } field)
                    continue;
                string? partial = file.Resolve(field["T"], revision) is PdfString text ? Decode(text) : null;
                string name = partial is null ? parent : parent.Length == 0 ? partial : $"{parent}.{partial}";
                PdfObject? ownType = field["FT"] ?? type;
                bool hasKids = file.Resolve(field["Kids"], revision) is PdfArray { Items.Count: > 0 } children
                    && children.Items.Any(child => file.Dictionary(child, revision)?.Has("T", out _) == true);
                if (hasKids)
                    Walk((PdfArray)file.Resolve(field["Kids"], revision), name, ownType, depth + 1);
                else
                    fields.Add(new PdfField(name, kid as PdfReference, field, file.Resolve(ownType, revision) is PdfName { Value: "Sig" }));
            }
        }
    }

    /// <summary>The permission /P of the certification signature; null when the file is not certified (ISO 32000-2 §12.8.2.2).</summary>
    internal static int? Certification(PdfFile file, int revision)
    {
        PdfDictionary? permissions = file.Dictionary(file.Catalog(revision)["Perms"], revision);
        if (permissions is null || !permissions.Has("DocMDP", out PdfObject? reference) || file.Dictionary(reference, revision) is not { } signature)
            return null;
        PdfDictionary? parameters = Transforms(file, signature, "DocMDP", revision).FirstOrDefault();
        return file.Resolve(parameters?["P"], revision) is PdfInteger { Value: >= 1 and <= 3 } level ? (int)level.Value : 2;
    }

    /// <summary>True when an existing signature locks the field (ISO 32000-2 §12.8.2.4).</summary>
    internal static bool IsLocked(PdfFile file, string name, int revision) => Fields(file, revision)
        .Where(field => field.IsSignature)
        .Select(field => file.Dictionary(field.Dictionary["V"], revision))
        .OfType<PdfDictionary>()
        .SelectMany(signature => Transforms(file, signature, "FieldMDP", revision))
        .Any(parameters => Locks(file, parameters, name, revision));

    /// <summary>A text string (ISO 32000-2 §7.9.2).</summary>
    internal static string Decode(PdfString text) => text.Bytes.Span switch
    {
        [0xFE, 0xFF, .. var rest] => Encoding.BigEndianUnicode.GetString(rest),
        [0xEF, 0xBB, 0xBF, .. var rest] => Encoding.UTF8.GetString(rest),
        var all => Encoding.Latin1.GetString(all), // PDFDocEncoding differs only in marks that names and dates do not use
    };

    private static IEnumerable<PdfDictionary> Transforms(PdfFile file, PdfDictionary signature, string method, int revision) =>
        file.Resolve(signature["Reference"], revision) is not PdfArray references ? [] : references.Items
            .Select(each => file.Dictionary(each, revision))
            .OfType<PdfDictionary>()
            .Where(each => file.Resolve(each["TransformMethod"], revision) is PdfName transform && transform.Value == method)
            .Select(each => file.Dictionary(each["TransformParams"], revision) ?? PdfDictionary.Empty);

    private static bool Locks(PdfFile file, PdfDictionary parameters, string name, int revision)
    {
        bool named = file.Resolve(parameters["Fields"], revision) is PdfArray fields && fields.Items
            .Select(each => file.Resolve(each, revision)).OfType<PdfString>().Any(each => IsPartOf(name, Decode(each)));
        return file.Resolve(parameters["Action"], revision) is PdfName action && action.Value switch { "All" => true, "Include" => named, "Exclude" => !named, _ => true };
    }

    private static bool IsPartOf(string name, string ancestor) => name == ancestor || name.StartsWith(ancestor + ".", StringComparison.Ordinal);
}
