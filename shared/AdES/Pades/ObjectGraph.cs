namespace Pechat.AdES.Pades;

/// <summary>Which objects a revision uses. An attacker who prepares a file before it is signed may let one object play two parts.</summary>
internal static class ObjectGraph
{
    private const int MaxObjects = 1_000_000;

    /// <summary>The pages of a revision in no particular order; each once.</summary>
    internal static List<(PdfReference Reference, PdfDictionary Page)> Pages(PdfFile file, int revision) =>
        [.. Nodes(file, revision).Where(node => file.Resolve(node.Node["Kids"], revision) is not PdfArray)];

    /// <summary>Numbers of the objects that pages show: all that can be reached from the page tree other than through a page's annotations.</summary>
    internal static HashSet<int> Shown(PdfFile file, int revision)
    {
        List<(PdfReference Reference, PdfDictionary Node)> nodes = Nodes(file, revision);
        IEnumerable<PdfObject> content = nodes.SelectMany(node => node.Node.Entries.Where(entry => entry.Key is not ("Annots" or "Parent" or "Kids")).Select(entry => entry.Value));
        HashSet<int> tree = [.. nodes.Select(node => node.Reference.Number)];
        HashSet<int> reached = Walk(file, revision, content, tree).Reached;
        reached.UnionWith(tree);
        return reached;
    }

    /// <summary>Numbers that are referred to and not defined: whoever defines them later changes what refers to them.</summary>
    internal static HashSet<int> Dangling(PdfFile file, int revision) => Walk(file, revision, [file.Root(revision)], []).Dangling;

    private static List<(PdfReference Reference, PdfDictionary Node)> Nodes(PdfFile file, int revision)
    {
        var nodes = new List<(PdfReference, PdfDictionary)>();
        var seen = new HashSet<PdfReference>();
        var open = new Stack<PdfObject?>([file.Catalog(revision)["Pages"]]);
        while (open.TryPop(out PdfObject? node))
        {
            if (node is not PdfReference reference || !seen.Add(reference) || file.Dictionary(reference, revision) is not { } content)
                continue;
            nodes.Add((reference, content));
            if (file.Resolve(content["Kids"], revision) is PdfArray kids)
            {
                foreach (PdfObject kid in kids.Items)
                    open.Push(kid);
            }
        }
        return nodes;
    }

    private static (HashSet<int> Reached, HashSet<int> Dangling) Walk(PdfFile file, int revision, IEnumerable<PdfObject> start, HashSet<int> closed)
    {
        var reached = new HashSet<int>();
        var dangling = new HashSet<int>();
        var open = new Stack<PdfObject>(start);
        while (open.TryPop(out PdfObject? value))
        {
            switch (value)
            {
                case PdfReference reference when file.Definition(reference.Number, revision) is null:
                    dangling.Add(reference.Number);
                    break;
                case PdfReference reference when !closed.Contains(reference.Number) && reached.Add(reference.Number):
                    if (reached.Count > MaxObjects)
                        throw PdfException.Malformed("The file has too many objects.");
                    open.Push(file.Get(reference.Number, revision));
                    break;
                case PdfArray array:
                    foreach (PdfObject item in array.Items)
                        open.Push(item);
                    break;
                case PdfStream stream:
                    open.Push(stream.Dictionary);
                    break;
                case PdfDictionary dictionary:
                    foreach (PdfObject entry in dictionary.Entries.Values)
                        open.Push(entry);
                    break;
            }
        }
        return (reached, dangling);
    }
}
