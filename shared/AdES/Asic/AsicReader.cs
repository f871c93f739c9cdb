using System.Globalization;
using System.IO.Compression;
using Pechat.Pki;

namespace Pechat.AdES.Asic;

/// <summary>Bounds of an untrusted container.</summary>
/// <param name="MaxEntries">Most entries.</param>
/// <param name="MaxLength">Most bytes of all entries together, unpacked.</param>
/// <param name="MaxRatio">Most bytes unpacked for one packed; a small entry may always have a megabyte.</param>
public sealed record AsicLimits(int MaxEntries = 1000, long MaxLength = 4L << 30, int MaxRatio = 200);

/// <summary>
/// Reads an untrusted container (EN 319 162-1 §4, ades.md 6.6): names that lead out of it or occur twice, encryption and bombs are
/// refused before anything is unpacked. Nothing cryptographic is judged here except the hashes of manifests.
/// </summary>
public sealed class AsicReader : IDisposable
{
    private const int MaxMetaLength = 64 << 20;
    private const int SmallLength = 1 << 20;
    private const int LocalHeaderLength = 30;
    private const int Utf8Names = 0x08;

    private readonly ZipArchive _archive;
    private readonly Dictionary<string, ZipArchiveEntry> _entries;

    private AsicReader(ZipArchive archive, Dictionary<string, ZipArchiveEntry> entries, string? mimeType)
    {
        _archive = archive;
        _entries = entries;
        MimeType = mimeType;
    }

    /// <summary>Media type that the container declares; null when it declares none.</summary>
    public string? MimeType { get; }

    /// <summary>Files outside META-INF.</summary>
    public IReadOnlyList<string> Files => [.. _entries.Keys.Where(name => name != AsicNames.MimeType && !name.StartsWith(AsicNames.Meta, StringComparison.Ordinal))];

    /// <summary>Signatures, CAdES (<c>.p7s</c>) and XAdES (<c>.xml</c>).</summary>
    public IReadOnlyList<string> Signatures => [.. _entries.Keys.Where(name => IsMeta(name, "SIGNATURE", ".p7s") || IsMeta(name, "SIGNATURE", ".xml"))];

    /// <summary>Manifests of signatures; archive and evidence manifests are not among them.</summary>
    public IReadOnlyList<string> Manifests => [.. _entries.Keys.Where(name => name.StartsWith(AsicNames.Meta + "ASiCManifest", StringComparison.Ordinal) && IsMeta(name, "MANIFEST", ".xml"))];

    /// <summary>All entries that are no folders, in their order.</summary>
    internal IReadOnlyCollection<string> Entries => _entries.Keys;

    /// <summary>Opens a container.</summary>
    /// <param name="container">Seekable; stays open.</param>
    /// <param name="limits">Bounds; null for the usual ones.</param>
    /// <exception cref="SignatureException">The container is malformed, dangerous or exceeds a bound.</exception>
    public static AsicReader Open(Stream container, AsicLimits? limits = null)
    {
        limits ??= new AsicLimits();
        ZipArchive? archive = null;
        try
        {
            bool isTyped = BeginsWithType(container);
            container.Position = 0;
            archive = new ZipArchive(container, ZipArchiveMode.Read, leaveOpen: true);
            Dictionary<string, ZipArchiveEntry> entries = ReadEntries(archive, limits);
            if (entries.ContainsKey(AsicNames.MimeType) && !isTyped)
                throw new SignatureException("The entry mimetype must be the first, stored as it is.");
            string? type = entries.TryGetValue(AsicNames.MimeType, out ZipArchiveEntry? entry) ? System.Text.Encoding.ASCII.GetString(Read(entry, 256)) : null;
            var reader = new AsicReader(archive, entries, type);
            archive = null;
            return reader;
        }
        catch (InvalidDataException malformed)
        {
            throw new SignatureException("The container is no sound ZIP file.", malformed);
        }
        finally
        {
            archive?.Dispose();
        }
    }

    /// <summary>The octets of an entry under META-INF.</summary>
    /// <param name="name">One of <see cref="Signatures"/> or <see cref="Manifests"/>.</param>
    /// <exception cref="SignatureException">The entry is missing, broken or too long.</exception>
    public byte[] Read(string name) => Read(Entry(name), MaxMetaLength);

    /// <summary>Hash of a file, in constant memory.</summary>
    /// <param name="name">One of <see cref="Files"/>.</param>
    /// <param name="digest">Digest algorithm.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SignatureException">The file is missing, broken or longer than it says.</exception>
    public async Task<byte[]> HashAsync(string name, DigestAlgorithm digest, CancellationToken ct)
    {
        await using Stream content = Open(name);
        return await ContentHash.OfAsync(content, digest, ct).ConfigureAwait(false);
    }

    /// <summary>Names of the files whose hash is not the one in a manifest; the missing ones are among them.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SignatureException">A file is broken.</exception>
    public async Task<IReadOnlyList<string>> MismatchesAsync(AsicManifest manifest, CancellationToken ct)
    {
        var mismatches = new List<string>();
        foreach ((string name, DigestAlgorithm algorithm, ReadOnlyMemory<byte> digest) in manifest.Files)
        {
            byte[] found = _entries.ContainsKey(name) ? await HashAsync(name, algorithm, ct).ConfigureAwait(false) : [];
            if (!digest.Span.SequenceEqual(found))
                mismatches.Add(name);
        }
        return mismatches;
    }

    /// <inheritdoc/>
    public void Dispose() => _archive.Dispose();

    /// <summary>Opens an entry; what is broken or longer than it declares throws <see cref="SignatureException"/>.</summary>
    internal Stream Open(string name) => LimitedStream.Open(Entry(name));

    internal DateTimeOffset TimeOf(string name) => Entry(name).LastWriteTime;

    private static Dictionary<string, ZipArchiveEntry> ReadEntries(ZipArchive archive, AsicLimits limits)
    {
        if (archive.Entries.Count > limits.MaxEntries)
            throw new SignatureException(string.Create(CultureInfo.InvariantCulture, $"The container has more than {limits.MaxEntries} entries."));
        var folded = new HashSet<string>(StringComparer.Ordinal);
        var entries = new Dictionary<string, ZipArchiveEntry>(StringComparer.Ordinal);
        long total = 0;
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            string name = entry.FullName;
            if (!AsicNames.IsSafe(name))
                throw new SignatureException("The name of an entry leads out of the container.");
            if (!folded.Add(AsicNames.Folded(name)))
                throw new SignatureException($"The entry {name} occurs twice.");
            if (entry.IsEncrypted)
                throw new SignatureException($"The entry {name} is encrypted.");
            total += entry.Length;
            if (total > limits.MaxLength || (entry.Length > SmallLength && entry.Length / limits.MaxRatio > entry.CompressedLength))
                throw new SignatureException("The container unpacks to more than is allowed.");
            if (!name.EndsWith('/'))
                entries.Add(name, entry);
        }
        return entries;
    }

    /// <summary>EN 319 162-1 annex A.1: signature at 0, stored, no flags but that of UTF-8 names, no extra field, <c>mimetype</c> at 30.</summary>
    private static bool BeginsWithType(Stream container)
    {
        Span<byte> header = stackalloc byte[LocalHeaderLength + 8];
        container.Position = 0;
        return container.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length
            && header[..4].SequenceEqual("PK\x03\x04"u8)
            && header[6] == 0 && (header[7] & ~Utf8Names) == 0 && header[8..10].IndexOfAnyExcept((byte)0) < 0
            && header[28..30].IndexOfAnyExcept((byte)0) < 0
            && header[LocalHeaderLength..].SequenceEqual("mimetype"u8);
    }

    private static bool IsMeta(string name, string word, string extension) =>
        name.StartsWith(AsicNames.Meta, StringComparison.Ordinal) && name.Contains(word, StringComparison.OrdinalIgnoreCase) && name.EndsWith(extension, StringComparison.OrdinalIgnoreCase);

    private static byte[] Read(ZipArchiveEntry entry, int most)
    {
        if (entry.Length > most)
            throw new SignatureException($"The entry {entry.FullName} is too long.");
        using Stream content = LimitedStream.Open(entry);
        using var all = new MemoryStream();
        content.CopyTo(all);
        return all.ToArray();
    }

    private ZipArchiveEntry Entry(string name) => _entries.GetValueOrDefault(name) ?? throw new SignatureException($"There is no entry {name}.");
}
