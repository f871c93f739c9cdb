using System.Globalization;
using System.Security.Cryptography;
using Pechat.AdES.Cades;
using Pechat.AdES.Xades;
using Pechat.Pki;

namespace Pechat.AdES.Asic;

/// <summary>
/// Extends the signatures of containers, our own and others', to the levels T, LT and LTA (EN 319 162-1 §5, ades.md 6.5). Files go over
/// octet by octet; each method reads one container and writes another, which is worthless after an exception.
/// </summary>
public static class AsicExtension
{
    private const string TokenType = "application/vnd.etsi.timestamp-token";

    /// <summary>Adds a signature time stamp to every signature (level T).</summary>
    /// <param name="container">Seekable, untrusted.</param>
    /// <param name="output">Seekable; stays open.</param>
    /// <param name="source">Who stamps.</param>
    /// <param name="digest">Hash of the imprints.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SignatureException">The container is refused, or a signature may not be extended.</exception>
    /// <exception cref="CryptographicException">A token is not what was asked for.</exception>
    public static Task StampAsync(Stream container, Stream output, TimestampSource source, DigestAlgorithm digest, CancellationToken ct) => ExtendAsync(container, output,
        (cms, signer) => CadesExtension.StampAsync(cms, signer, source, digest, ct),
        (xml, signer, _) => XadesExtension.StampAsync(xml, signer, source, digest, ct), ct);

    /// <summary>Adds validation data to every signature (level LT).</summary>
    /// <param name="container">Seekable, untrusted.</param>
    /// <param name="output">Seekable; stays open.</param>
    /// <param name="data">Certificates and revocation data for the signers and for every time stamp.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SignatureException">The container is refused, or a signature may not be extended.</exception>
    public static Task AddValidationDataAsync(Stream container, Stream output, ValidationData data, CancellationToken ct) => ExtendAsync(container, output,
        (cms, _) => Task.FromResult(CadesExtension.AddValidationData(cms, data)),
        (xml, signer, _) => Task.FromResult(XadesExtension.AddValidationData(xml, signer, data)), ct);

    /// <summary>
    /// Adds an archive time stamp (level LTA): inside every XAdES signature; with CAdES, whose own archive time stamps would not cover the files
    /// of a manifest, over a new archive manifest of everything. It may be added again before the last one ages.
    /// </summary>
    /// <param name="container">Seekable, untrusted.</param>
    /// <param name="output">Seekable; stays open.</param>
    /// <param name="source">Who stamps.</param>
    /// <param name="digest">Hash of the manifest's entries and of the imprint.</param>
    /// <param name="previous">Validation data for the time stamp of the last archive manifest; null when there is none yet.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SignatureException">The container is refused, or a signature may not be extended.</exception>
    /// <exception cref="CryptographicException">A token is not what was asked for.</exception>
    public static async Task ArchiveAsync(Stream container, Stream output, TimestampSource source, DigestAlgorithm digest, ValidationData? previous, CancellationToken ct)
    {
        using AsicReader reader = AsicReader.Open(container);
        if (reader.Signatures.Any(IsXml))
        {
            await ExtendAsync(reader, output, (_, _) => throw new SignatureException("The container mixes CAdES and XAdES."),
                (xml, signer, open) => XadesExtension.ArchiveAsync(xml, signer, open, source, digest, ct), ct).ConfigureAwait(false);
            return;
        }
        var changes = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var names = new List<string>(reader.Entries.Where(name => name != AsicNames.MimeType));
        string? renamed = null;
        if (names.Remove(AsicNames.ArchiveManifest))
        {
            byte[] last = reader.Read(AsicNames.ArchiveManifest);
            string token = AsicManifest.Parse(last).Signature;
            if (previous is not null) // §5.3: what validates the last token goes into the token, which no manifest covers yet
                changes[token] = CadesExtension.AddToTimestamp(reader.Read(token), previous);
            renamed = Free(names, "ASiCArchiveManifest", ".xml");
            changes[renamed] = last;
            names.Add(renamed);
        }
        var files = new List<(string Name, string MimeType, ReadOnlyMemory<byte> Digest)>();
        foreach (string name in names)
        {
            byte[] hash = changes.TryGetValue(name, out byte[]? changed) ? digest.Hash(changed) : await reader.HashAsync(name, digest, ct).ConfigureAwait(false);
            files.Add((name, "", hash));
        }
        string stamp = Free(names, "timestamp", ".tst");
        byte[] manifest = AsicManifest.Write(stamp, TokenType, files, digest, renamed);
        changes[stamp] = (await TimestampCheck.StampAsync(source, manifest, digest, ct).ConfigureAwait(false)).ToArray();
        changes[AsicNames.ArchiveManifest] = manifest;
        await AsicCopy.WriteAsync(reader, changes, output, ct).ConfigureAwait(false);
    }

    private static async Task ExtendAsync(
        Stream container, Stream output, Func<byte[], int, Task<byte[]>> cades, Func<byte[], int, Func<string, Stream>, Task<byte[]>> xades, CancellationToken ct)
    {
        using AsicReader reader = AsicReader.Open(container);
        await ExtendAsync(reader, output, cades, xades, ct).ConfigureAwait(false);
    }

    private static async Task ExtendAsync(
        AsicReader reader, Stream output, Func<byte[], int, Task<byte[]>> cades, Func<byte[], int, Func<string, Stream>, Task<byte[]>> xades, CancellationToken ct)
    {
        if (reader.Entries.Contains(AsicNames.ArchiveManifest))
            throw new SignatureException("An archive manifest covers the signatures, so they cannot be changed.");
        var changes = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string name in reader.Signatures)
        {
            byte[] signature = reader.Read(name);
            int count = IsXml(name) ? XadesExtension.Count(signature) : CadesSigner.Read(signature).Signers.Count;
            for (int i = 0; i < count; i++)
                signature = IsXml(name) ? await xades(signature, i, uri => reader.Open(Uri.UnescapeDataString(uri))).ConfigureAwait(false) : await cades(signature, i).ConfigureAwait(false);
            changes[name] = signature;
        }
        await AsicCopy.WriteAsync(reader, changes, output, ct).ConfigureAwait(false);
    }

    private static bool IsXml(string name) => name.EndsWith(".xml", StringComparison.OrdinalIgnoreCase);

    /// <summary>The first name of a series that is not taken.</summary>
    private static string Free(List<string> taken, string stem, string extension) =>
        Enumerable.Range(1, 999).Select(i => string.Create(CultureInfo.InvariantCulture, $"{AsicNames.Meta}{stem}{i:D3}{extension}")).First(name => !taken.Contains(name, StringComparer.OrdinalIgnoreCase));
}
