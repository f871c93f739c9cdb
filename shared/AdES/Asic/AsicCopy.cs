using System.IO.Compression;

namespace Pechat.AdES.Asic;

/// <summary>Writes a container once more with some entries changed or added.</summary>
internal static class AsicCopy
{
    internal static async Task WriteAsync(AsicReader reader, Dictionary<string, byte[]> changes, Stream output, CancellationToken ct)
    {
        if (!output.CanSeek) // see AsicSigner.CompleteAsync
            throw new ArgumentException("The output must be seekable.", nameof(output));
        await using var archive = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true);
        DateTimeOffset time = default;
        foreach (string name in reader.Entries)
        {
            time = reader.TimeOf(name);
            await using Stream entry = New(name, time, isStored: name == AsicNames.MimeType || changes.ContainsKey(name)).Open();
            if (changes.Remove(name, out byte[]? changed))
            {
                await entry.WriteAsync(changed, ct).ConfigureAwait(false);
                continue;
            }
            await using Stream content = reader.Open(name);
            await content.CopyToAsync(entry, ct).ConfigureAwait(false);
        }
        foreach ((string name, byte[] content) in changes)
        {
            await using Stream entry = New(name, time, isStored: true).Open();
            await entry.WriteAsync(content, ct).ConfigureAwait(false);
        }

        ZipArchiveEntry New(string name, DateTimeOffset at, bool isStored)
        {
            ZipArchiveEntry entry = archive.CreateEntry(name, isStored ? CompressionLevel.NoCompression : CompressionLevel.Fastest);
            entry.LastWriteTime = at;
            return entry;
        }
    }
}
