using System.Globalization;

namespace Pechat.AdES.Pades;

/// <summary>Puts a signature field with its value into the form and onto the first page (ISO 32000-2 §12.7.5.5, EN 319 142-1).</summary>
internal sealed class SignatureFieldWriter(PdfFile file, PdfUpdate update)
{
    private const int MaxPageDepth = 64;
    private const int SignaturesExistAppendOnly = 3;
    private const int PrintLocked = 132;

    private readonly Dictionary<PdfReference, PdfDictionary> _changed = [];
    private readonly HashSet<PdfReference> _appended = [];
    private readonly int _revision = file.Latest;

    /// <summary>Writes everything but the signature dictionary.</summary>
    /// <param name="name">Field to fill; null makes a new one.</param>
    /// <param name="signature">Where the signature dictionary will be.</param>
    internal void Write(string? name, PdfReference signature)
    {
        Refuse(PdfForm.Certification(file, _revision) == 1, "The file is certified and allows no changes.");
        Refuse(file.Resolve(file.Catalog(_revision)["NeedsRendering"], _revision) is PdfBoolean { Value: true }, "A dynamic XFA form has no fixed content to sign.");
        if (name is null)
        {
            string free = FreeName();
            Refuse(PdfForm.IsLocked(file, free, _revision), "An earlier signature allows no further fields.");
            AddField(free, signature);
        }
        else
            FillField(name, signature);
        WriteChanged();
    }

    /// <summary>Writes a field for a document time stamp, which is no change that a certification or a lock forbids (ISO 32000-2 §12.8.2.2).</summary>
    /// <param name="timestamp">Where the time stamp's dictionary will be.</param>
    internal void WriteTimestamp(PdfReference timestamp)
    {
        AddField(FreeName(), timestamp);
        WriteChanged();
    }

    private void WriteChanged()
    {
        foreach ((PdfReference reference, PdfDictionary value) in _changed)
            update.Write(reference, value);
    }

    private void FillField(string name, PdfReference signature)
    {
        PdfField? field = PdfForm.Fields(file, _revision).Find(each => each.Name == name);
        Refuse(field is not { IsSignature: true, Reference: not null }, "There is no signature field of this name.");
        Refuse(file.Resolve(field!.Dictionary["V"], _revision) is not PdfNull, "The signature field is already signed.");
        Refuse(field.Dictionary.Has("SV", out _) || field.Dictionary.Has("Lock", out _), "The signature field asks for seed values or locks, which are not supported.");
        Refuse(PdfForm.IsLocked(file, name, _revision), "An earlier signature locks the field.");
        _changed[field.Reference!] = field.Dictionary.With("V", signature);
        SetForm(null);
    }

    private void AddField(string name, PdfReference signature)
    {
        (PdfReference page, PdfDictionary content) = FirstPage();
        PdfReference field = update.NewReference();
        update.Write(field, new PdfDictionary(new Dictionary<string, PdfObject>
        {
            ["Type"] = new PdfName("Annot"),
            ["Subtype"] = new PdfName("Widget"),
            ["FT"] = new PdfName("Sig"),
            ["T"] = PdfWriter.Text(name),
            ["F"] = new PdfInteger(PrintLocked),
            ["Rect"] = new PdfArray([.. Enumerable.Repeat(new PdfInteger(0), 4)]), // invisible
            ["P"] = page,
            ["V"] = signature,
        }));
        if (Append(content["Annots"], field) is { } annotations)
            _changed[page] = content.With("Annots", annotations);
        SetForm(field);
    }

    /// <summary>Marks the form as signed, with one more field or none.</summary>
    private void SetForm(PdfReference? field)
    {
        PdfDictionary catalog = file.Catalog(_revision);
        PdfDictionary? existing = file.Dictionary(catalog["AcroForm"], _revision);
        PdfDictionary form = existing ?? PdfDictionary.Empty;
        PdfDictionary changed = form;
        if (field is not null && Append(form["Fields"], field) is { } fields)
            changed = changed.With("Fields", fields);
        long flags = file.Resolve(form["SigFlags"], _revision) is PdfInteger old ? old.Value : 0;
        if ((flags & SignaturesExistAppendOnly) != SignaturesExistAppendOnly)
            changed = changed.With("SigFlags", new PdfInteger(flags | SignaturesExistAppendOnly));
        if (ReferenceEquals(changed, form))
            return;
        if (existing is not null && catalog["AcroForm"] is PdfReference reference)
            _changed[reference] = changed;
        else if (existing is null)
        {
            PdfReference own = update.NewReference();
            update.Write(own, changed);
            _changed[file.Root(_revision)] = catalog.With("AcroForm", own);
        }
        else
            _changed[file.Root(_revision)] = catalog.With("AcroForm", changed);
    }

    /// <summary>Appends to an array that is an object of its own, or answers the array to be written by its owner.</summary>
    private PdfArray? Append(PdfObject? array, PdfReference item)
    {
        PdfObject old = file.Resolve(array, _revision);
        if (old is not (PdfArray or PdfNull))
            throw PdfException.Malformed("A list of fields or annotations is malformed.");
        var longer = new PdfArray([.. (old as PdfArray)?.Items ?? [], item]);
        if (array is not PdfReference reference || old is PdfNull)
            return longer;
        if (_appended.Add(reference)) // one array may serve as both lists
            update.Write(reference, longer);
        return null;
    }

    private string FreeName()
    {
        HashSet<string> taken = [.. PdfForm.Fields(file, _revision).Select(each => each.Name.Split('.')[0])];
        for (int i = 1; ; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"Signature{i}");
            if (!taken.Contains(name))
                return name;
        }
    }

    private (PdfReference Page, PdfDictionary Content) FirstPage()
    {
        var seen = new HashSet<PdfReference>();
        if (Find(file.Catalog(_revision)["Pages"], 0) is { } page)
            return page;
        throw PdfException.Malformed("The file has no page.");

        (PdfReference, PdfDictionary)? Find(PdfObject? node, int depth)
        {
            if (node is not PdfReference reference || depth > MaxPageDepth || !seen.Add(reference) || file.Dictionary(reference, _revision) is not { } content)
                return null;
            if (file.Resolve(content["Kids"], _revision) is not PdfArray kids)
                return content.IsName("Type", "Page") ? (reference, content) : null;
            return kids.Items.Select(kid => Find(kid, depth + 1)).FirstOrDefault(found => found is not null);
        }
    }

    private static void Refuse(bool condition, string message)
    {
        if (condition)
            throw new PdfException(PdfProblem.NotSignable, message);
    }
}
