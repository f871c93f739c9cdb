namespace Pechat.AdES.Pades;

/// <summary>
/// Tells what happened to a file after a revision (ades.md 3.6): every object that existed then and differs now must be explained by a
/// change that is known to be harmless; what is not explained may change what a page shows.
/// </summary>
internal sealed class RevisionComparison
{
    private const int MaxNotes = 20;

    private static readonly string[] LongTermKeys = ["DSS", "Extensions", "Metadata", "MarkInfo", "Version"];
    private static readonly string[] FormDefaults = ["DR", "DA", "Q", "NeedAppearances"];
    private static readonly string[] FieldValueKeys = ["V", "AP", "AS", "M"];

    private readonly PdfFile _file;
    private readonly int _then;
    private readonly int _now;
    private readonly HashSet<int> _explained = [];
    private readonly HashSet<int> _shown = [];
    private readonly HashSet<PdfReference> _newFields = [];
    private readonly HashSet<PdfReference> _oldFields = [];
    private readonly List<string> _notes = [];

    private RevisionComparison(PdfFile file, int revision)
    {
        _file = file;
        _then = revision;
        _now = file.Latest;
    }

    internal LaterChanges Changes { get; private set; }

    internal bool ArePermitted { get; private set; }

    internal IReadOnlyList<string> Notes => _notes;

    /// <summary>Compares a revision with the newest; an unknown revision (-1) counts as changed in every way.</summary>
    internal static RevisionComparison Compare(PdfFile file, int revision)
    {
        var comparison = new RevisionComparison(file, revision);
        if (revision < 0)
            comparison.Found(LaterChanges.Other, "It covers no revision of the file.");
        else if (revision < file.Latest)
            comparison.Run();
        int? certification = revision < 0 ? null : PdfForm.Certification(file, file.Latest) ?? PdfForm.Certification(file, revision);
        comparison.ArePermitted = comparison.Changes <= (certification switch
        {
            1 => LaterChanges.LongTermMaterial, // ISO 32000-2 table 257 with its erratum: validation data and time stamps are no changes
            3 => LaterChanges.Annotations,
            _ => LaterChanges.FormFilling,
        });
        return comparison;
    }

    private void Run()
    {
        if (!_file.IsTerminated)
            Found(LaterChanges.Other, "Data follows that no cross-reference section describes.");
        if (_file.Root(_then) != _file.Root(_now))
        {
            Found(LaterChanges.Other, "The catalog was replaced.");
            return;
        }
        if (Enumerable.Range(_then + 1, _now - _then).Any(section => _file.Section(section).Form == PdfSectionForm.Hybrid))
            Found(LaterChanges.Other, "A hybrid-reference update shows different objects to different readers.");
        _shown.UnionWith(ObjectGraph.Shown(_file, _then));
        CompareCatalog();
        foreach ((PdfReference page, PdfDictionary old) in ObjectGraph.Pages(_file, _then))
            ComparePage(page, old, _file.Dictionary(page, _now) ?? PdfDictionary.Empty);
        HashSet<int> dangling = ObjectGraph.Dangling(_file, _then);
        foreach (int number in NewObjects().Where(dangling.Contains))
            Found(LaterChanges.Other, $"Object {number} was referred to before it existed.");
        foreach (int number in ChangedObjects())
        {
            PdfObject old = _file.Get(number, _then), current = _file.Get(number, _now);
            bool areIndexes = old is PdfStream a && current is PdfStream b && a.Dictionary.IsName("Type", "XRef") && b.Dictionary.IsName("Type", "XRef");
            if (!_explained.Contains(number) && !areIndexes)
                Found(LaterChanges.Other, $"Object {number} was {(_file.Definition(number, _now) is null ? "deleted" : "changed")}.");
        }
    }

    private IEnumerable<int> Updated() => Enumerable.Range(_then + 1, _now - _then).SelectMany(section => _file.Section(section).Entries.Keys).Distinct();

    private IEnumerable<int> NewObjects() => Updated().Where(number => _file.Definition(number, _then) is null && _file.Definition(number, _now) is not null);

    private IEnumerable<int> ChangedObjects() => Updated()
        .Where(number => _file.Definition(number, _then) is not null && !_file.Get(number, _then).SameAs(_file.Get(number, _now)));

    private void CompareCatalog()
    {
        PdfDictionary then = _file.Catalog(_then), now = _file.Catalog(_now);
        Explain(_file.Root(_then));
        foreach (string key in Differences(then, now))
        {
            if (Array.IndexOf(LongTermKeys, key) >= 0)
                Found(LaterChanges.LongTermMaterial, $"/{key} of the catalog was changed.");
            else if (key != "AcroForm")
                Found(LaterChanges.Other, $"/{key} of the catalog was changed.");
        }
        foreach (PdfObject? metadata in (PdfObject?[])[then["Metadata"], then["Extensions"], _file.Section(_then).Trailer["Info"]])
        {
            if (metadata is PdfReference reference && IsChanged(reference))
                Found(LaterChanges.LongTermMaterial, "Metadata was changed.", reference);
        }
        CompareStore(then["DSS"], now["DSS"], 0);
        CompareForm(then["AcroForm"], now["AcroForm"]);
    }

    /// <summary>The document security store may only grow: dictionaries gain keys, lists gain items, the rest stays.</summary>
    private void CompareStore(PdfObject? then, PdfObject? now, int depth)
    {
        PdfObject old = _file.Resolve(then, _then), current = _file.Resolve(now, _now);
        if (old is PdfNull)
            return;
        bool grew = (old, current) switch
        {
            (PdfArray a, PdfArray b) => a.Items.All(item => b.Items.Any(item.SameAs)),
            (PdfDictionary a, PdfDictionary b) => a.Entries.Keys.All(key => b.Has(key, out _)),
            _ => old.SameAs(current),
        };
        if (!grew)
            Found(LaterChanges.Other, "The document security store lost something.");
        else if (then is PdfReference reference)
            Explain(reference);
        if (old is not PdfDictionary dictionary || current is not PdfDictionary grown || depth > 2)
            return;
        foreach ((string key, PdfObject value) in dictionary.Entries)
            CompareStore(value, grown[key], depth + 1);
    }

    private void CompareForm(PdfObject? then, PdfObject? now)
    {
        PdfDictionary old = _file.Dictionary(then, _then) ?? PdfDictionary.Empty;
        PdfDictionary current = _file.Dictionary(now, _now) ?? PdfDictionary.Empty;
        if (then is PdfReference form)
            Explain(form);
        foreach (string key in Differences(old, current))
        {
            bool isNewDefault = Array.IndexOf(FormDefaults, key) >= 0 && !old.Has(key, out _);
            if (key is not ("Fields" or "SigFlags") && !isNewDefault)
                Found(LaterChanges.Other, $"/{key} of the form was changed.");
        }
        foreach (PdfObject added in Added(old["Fields"], current["Fields"], "A form field was removed."))
            JudgeNewField(added);
        foreach (PdfField field in PdfForm.Fields(_file, _then))
            CompareField(field);
    }

    private void JudgeNewField(PdfObject added)
    {
        if (added is not PdfReference reference || _file.Definition(reference.Number, _then) is not null || _file.Dictionary(added, _now) is not { } field)
        {
            Found(LaterChanges.Other, "An existing object became a form field.");
            return;
        }
        _newFields.Add(reference);
        bool isStamp = _file.Dictionary(field["V"], _now)?.IsName("SubFilter", "ETSI.RFC3161") == true && !IsVisible(field);
        if (isStamp)
            Found(LaterChanges.LongTermMaterial, "A document time stamp was added.");
        else if (!field.IsName("FT", "Sig") || field.Has("Kids", out _))
            Found(LaterChanges.Annotations, "A form field was added.");
        else
            Found(LaterChanges.Signing, IsVisible(field) ? "A visible signature was added." : "A signature was added.");
    }

    private void CompareField(PdfField field)
    {
        IEnumerable<PdfObject> widgets = _file.Resolve(field.Dictionary["Kids"], _then) is PdfArray kids ? kids.Items : [];
        foreach (PdfReference reference in widgets.OfType<PdfReference>().Prepend(field.Reference).OfType<PdfReference>())
        {
            _oldFields.Add(reference);
            PdfDictionary old = _file.Dictionary(reference, _then) ?? PdfDictionary.Empty;
            if (_file.Dictionary(reference, _now) is not { } current)
                continue; // reported as deleted
            List<string> differences = Differences(old, current);
            bool wasSigned = field.IsSignature && _file.Resolve(field.Dictionary["V"], _then) is not PdfNull;
            LaterChanges level = differences.Count == 0 ? LaterChanges.None
                : wasSigned || differences.Except(FieldValueKeys).Any() || PdfForm.IsLocked(_file, field.Name, _then) ? LaterChanges.Other
                : field.IsSignature ? LaterChanges.Signing
                : LaterChanges.FormFilling;
            if (level != LaterChanges.None)
                Found(level, $"The form field {field.Name} was changed.", reference);
            if (!wasSigned)
                ExplainAppearance(old["AP"], field);
        }
    }

    /// <summary>Normal appearances of an unsigned field may be rewritten in place; that shows another value, so it counts as filling.</summary>
    private void ExplainAppearance(PdfObject? appearances, PdfField field)
    {
        PdfObject? normal = _file.Dictionary(appearances, _then)?["N"];
        IEnumerable<PdfObject> streams = _file.Resolve(normal, _then) is PdfDictionary states ? states.Entries.Values : [normal ?? PdfObject.Null];
        foreach (PdfReference reference in streams.OfType<PdfReference>().Where(IsChanged))
            Found(field.IsSignature ? LaterChanges.Signing : LaterChanges.FormFilling, $"The form field {field.Name} looks different.", reference);
    }

    private void ComparePage(PdfReference page, PdfDictionary old, PdfDictionary current)
    {
        if (Differences(old, current).TrueForAll(key => key == "Annots"))
            _explained.Add(page.Number);
        foreach (PdfObject added in Added(old["Annots"], current["Annots"], "An annotation was removed."))
        {
            bool isWidget = added is PdfReference reference && _newFields.Contains(reference);
            if (!isWidget)
                Found(LaterChanges.Annotations, "An annotation was added.");
        }
        IEnumerable<PdfObject> annotations = _file.Resolve(old["Annots"], _then) is PdfArray list ? list.Items : [];
        foreach (PdfReference annotation in annotations.OfType<PdfReference>().Where(each => !_oldFields.Contains(each) && IsChanged(each)))
            Found(LaterChanges.Annotations, "An annotation was changed.", annotation);
    }

    /// <summary>Items that a list gained; the old ones must all be there in their order.</summary>
    private IEnumerable<PdfObject> Added(PdfObject? then, PdfObject? now, string whenLost)
    {
        IReadOnlyList<PdfObject> old = _file.Resolve(then, _then) is PdfArray before ? before.Items : [];
        IReadOnlyList<PdfObject> current = _file.Resolve(now, _now) is PdfArray after ? after.Items : [];
        bool isPrefix = old.Count <= current.Count && old.Zip(current).All(pair => pair.First.SameAs(pair.Second));
        if (!isPrefix)
            Found(LaterChanges.Other, whenLost);
        if (then is PdfReference reference)
            Explain(reference);
        return isPrefix ? current.Skip(old.Count) : [];
    }

    private bool IsVisible(PdfDictionary field) => _file.Resolve(field["Rect"], _now) is not PdfArray { Items.Count: 4 } box
        || !(box.Items[0].SameAs(box.Items[2]) && box.Items[1].SameAs(box.Items[3]));

    private bool IsChanged(PdfReference reference) => !_file.Get(reference.Number, _then).SameAs(_file.Get(reference.Number, _now));

    /// <summary>An object that a page shows as well is never explained by its other part.</summary>
    private void Explain(PdfReference reference)
    {
        if (!_shown.Contains(reference.Number))
            _explained.Add(reference.Number);
    }

    private void Found(LaterChanges level, string note, PdfReference? explains = null)
    {
        Changes = (LaterChanges)Math.Max((int)Changes, (int)level);
        if (explains is not null)
            Explain(explains);
        if (_notes.Count < MaxNotes && !_notes.Contains(note))
            _notes.Add(note);
    }

    private static List<string> Differences(PdfDictionary then, PdfDictionary now) =>
        [.. then.Entries.Keys.Union(now.Entries.Keys).Where(key => !(then.Has(key, out PdfObject? old) && now.Has(key, out PdfObject? current) && old.SameAs(current)))];
}
