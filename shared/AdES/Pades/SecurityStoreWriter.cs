namespace Pechat.AdES.Pades;

/// <summary>Lets the document security store grow (EN 319 142-1 §5.4.2): nothing that is there is changed, removed or repeated.</summary>
internal sealed class SecurityStoreWriter(PdfFile file, PdfUpdate update)
{
    private readonly int _revision = file.Latest;

    /// <summary>Writes the store and what leads to it.</summary>
    /// <param name="data">What to add.</param>
    /// <param name="vriKey">Key of a VRI entry to add; null for none.</param>
    internal void Write(ValidationData data, string? vriKey)
    {
        PdfDictionary catalog = file.Catalog(_revision);
        PdfDictionary store = file.Dictionary(catalog["DSS"], _revision) ?? PdfDictionary.Empty.With("Type", new PdfName("DSS"));
        PdfDictionary entry = PdfDictionary.Empty.With("Type", new PdfName("VRI"));
        foreach ((string plural, string singular, IReadOnlyList<ReadOnlyMemory<byte>> objects) in
            (ReadOnlySpan<(string, string, IReadOnlyList<ReadOnlyMemory<byte>>)>)[("Certs", "Cert", data.Certificates), ("OCSPs", "OCSP", data.OcspResponses), ("CRLs", "CRL", data.Crls)])
        {
            if (objects.Count == 0)
                continue;
            (PdfArray all, PdfArray own) = Grow(store[plural], objects);
            store = store.With(plural, all);
            entry = entry.With(singular, own);
        }
        if (vriKey is not null)
        {
            PdfDictionary entries = file.Dictionary(store["VRI"], _revision) ?? PdfDictionary.Empty;
            if (!entries.Has(vriKey, out _)) // an entry that is there stays as it is
                store = store.With("VRI", entries.With(vriKey, entry));
        }
        if (catalog["DSS"] is PdfReference reference)
        {
            update.Write(reference, store);
            return;
        }
        PdfReference place = update.NewReference();
        update.Write(place, store);
        update.Write(file.Root(_revision), catalog.With("DSS", place));
    }

    /// <summary>The list with the objects that it lacks, and where the given objects stand.</summary>
    private (PdfArray All, PdfArray Given) Grow(PdfObject? list, IReadOnlyList<ReadOnlyMemory<byte>> objects)
    {
        List<PdfObject> all = file.Resolve(list, _revision) is PdfArray old ? [.. old.Items] : [];
        var known = new Dictionary<string, PdfObject>(StringComparer.Ordinal);
        foreach (PdfObject item in all)
        {
            if (file.Resolve(item, _revision) is PdfStream stream)
                known.TryAdd(Convert.ToHexString(file.Decode(stream).Span), item);
        }
        var given = new List<PdfObject>();
        foreach (ReadOnlyMemory<byte> der in objects)
        {
            string octets = Convert.ToHexString(der.Span);
            if (!known.TryGetValue(octets, out PdfObject? at))
            {
                PdfReference added = update.NewReference();
                update.Write(added, new PdfStream(PdfDictionary.Empty, der));
                known[octets] = at = added;
                all.Add(added);
            }
            given.Add(at);
        }
        return (new PdfArray(all), new PdfArray(given));
    }
}
