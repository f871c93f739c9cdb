using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Pechat.AdES.Cades;
using Pechat.AdES.Xades;
using Pechat.Pki;

namespace Pechat.AdES.Asic;

/// <summary>
/// Makes signed containers (EN 319 162-1) in two phases; files of any size stream through. The inner signature is CAdES or XAdES at
/// level B-B or B-T.
/// </summary>
public static class AsicSigner
{
    /// <summary>First phase: hashes the files and fixes what is signed.</summary>
    /// <param name="form">Kind of the container.</param>
    /// <param name="files">The files; exactly one for ASiC-S.</param>
    /// <param name="claims">What the signer says; the media type is taken from the files.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="chain">Further certificates to carry.</param>
    /// <param name="algorithm">Algorithm of the signature; its hash is also that of the files.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SignatureException">A name is not allowed or occurs twice, or the number of files does not fit.</exception>
    public static async Task<PendingContainer> PrepareAsync(
        AsicForm form, IReadOnlyList<AsicFile> files, SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm, CancellationToken ct)
    {
        CheckNames(form, files);
        var hashed = new List<(string Name, string MimeType, ReadOnlyMemory<byte> Digest)>();
        foreach (AsicFile file in files)
        {
            await using Stream content = file.Open();
            hashed.Add((file.Name, file.MimeType, await ContentHash.OfAsync(content, algorithm.Digest, ct).ConfigureAwait(false)));
        }
        return new PendingContainer(form, Prepare(form, hashed, claims, certificate, chain, algorithm), claims.SigningTime, hashed);
    }

    /// <summary>Octets that a signature time stamp covers.</summary>
    /// <param name="pending">Result of the first phase.</param>
    /// <param name="signature">Signature value; ECDSA as DER.</param>
    public static byte[] TimestampInput(PendingContainer pending, ReadOnlyMemory<byte> signature) =>
        pending.Form.IsXades() ? XadesSigner.TimestampInput(pending.Signature, signature) : signature.ToArray();

    /// <summary>Second phase: writes the container.</summary>
    /// <param name="pending">Result of the first phase.</param>
    /// <param name="signature">Signature value; ECDSA as DER.</param>
    /// <param name="timestampToken">Token over <see cref="TimestampInput"/> (level B-T); null for level B-B.</param>
    /// <param name="files">The same files once more, in the same order.</param>
    /// <param name="output">Receives the container; must be seekable, stays open, and is worthless after an exception.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="CryptographicException">The signature does not verify under the certificate, or the token is not over it.</exception>
    /// <exception cref="SignatureException">The files are not those that were signed.</exception>
    public static async Task CompleteAsync(
        PendingContainer pending, ReadOnlyMemory<byte> signature, ReadOnlyMemory<byte>? timestampToken, IReadOnlyList<AsicFile> files, Stream output, CancellationToken ct)
    {
        if (!output.CanSeek) // else the first entry would get a data descriptor, and its type would not stand where readers look for it
            throw new ArgumentException("The output must be seekable.", nameof(output));
        AsicForm form = pending.Form;
        byte[] signed = form.IsXades() ? XadesSigner.Complete(pending.Signature, signature, timestampToken) : CadesSigner.Complete(pending.Signature, signature, timestampToken);
        if (!files.Select(file => file.Name).SequenceEqual(pending.Files.Select(file => file.Name), StringComparer.Ordinal))
            throw new SignatureException("The files are not those that were signed.");
        string type = form.IsSimple() ? AsicNames.SimpleType : AsicNames.ExtendedType;
        await using var archive = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true); // no encoding: only names beyond ASCII are marked as UTF-8
        await WriteAsync(AsicNames.MimeType, Encoding.ASCII.GetBytes(type)).ConfigureAwait(false);
        for (int i = 0; i < files.Count; i++)
        {
            await using Stream content = files[i].Open();
            await using Stream entry = New(files[i].Name, CompressionLevel.Fastest).Open();
            (_, byte[] digest) = await ContentHash.CopyAsync(content, entry, pending.Signature.Algorithm.Digest, ct).ConfigureAwait(false);
            if (!pending.Files[i].Digest.Span.SequenceEqual(digest))
                throw new SignatureException($"The file {files[i].Name} is not the one that was signed.");
        }
        if (form == AsicForm.ExtendedCades)
            await WriteAsync(AsicNames.Meta + "ASiCManifest001.xml", pending.Signature.Document).ConfigureAwait(false);
        if (form == AsicForm.ExtendedXades)
            await WriteAsync(AsicNames.Meta + "manifest.xml", AsicManifest.WriteOpenDocument(type, pending.Files)).ConfigureAwait(false);
        await WriteAsync(form.SignatureName(), signed).ConfigureAwait(false);

        async Task WriteAsync(string name, ReadOnlyMemory<byte> content)
        {
            await using Stream entry = New(name, CompressionLevel.NoCompression).Open();
            await entry.WriteAsync(content, ct).ConfigureAwait(false);
        }

        ZipArchiveEntry New(string name, CompressionLevel level)
        {
            ZipArchiveEntry entry = archive.CreateEntry(name, level);
            entry.LastWriteTime = pending.SigningTime.ToUniversalTime();
            return entry;
        }
    }

    private static PendingSignature Prepare(
        AsicForm form, List<(string Name, string MimeType, ReadOnlyMemory<byte> Digest)> files,
        SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm)
    {
        if (form.IsXades())
        {
            var root = SignedXmlReader.Read(Encoding.UTF8.GetBytes($"<asic:XAdESSignatures xmlns:asic=\"{AsicNames.Namespace}\"></asic:XAdESSignatures>"));
            return XadesSigner.PrepareDetached(root, [.. files.Select(file => XadesReference.ToFile(file.Name, file.Digest, file.MimeType))], claims, certificate, chain, algorithm);
        }
        if (form == AsicForm.SimpleCades)
            return CadesSigner.Prepare(files[0].Digest, claims with { MimeType = files[0].MimeType }, certificate, chain, algorithm);
        byte[] manifest = AsicManifest.Write(form.SignatureName(), AsicNames.CadesType, files, algorithm.Digest);
        PendingSignature pending = CadesSigner.Prepare(algorithm.Digest.Hash(manifest), claims with { MimeType = "text/xml" }, certificate, chain, algorithm);
        return new PendingSignature(CadesSigner.First, pending.ToBeSigned, certificate, chain, algorithm, manifest); // signed as stored, so it is kept
    }

    private static void CheckNames(AsicForm form, IReadOnlyList<AsicFile> files)
    {
        if (files.Count == 0 || (form.IsSimple() && files.Count > 1))
            throw new SignatureException("ASiC-S holds exactly one file, ASiC-E at least one.");
        if (form.IsSimple() && files[0].Name.Contains('/'))
            throw new SignatureException("The file of ASiC-S stands at the root of the container.");
        foreach (string name in files.Select(file => file.Name))
        {
            bool isReserved = name == AsicNames.MimeType || AsicNames.Folded(name).StartsWith("META-INF", StringComparison.Ordinal);
            if (!AsicNames.IsSafe(name) || name.EndsWith('/') || isReserved)
                throw new SignatureException($"A container cannot hold a file of the name {name}.");
        }
        if (files.DistinctBy(file => AsicNames.Folded(file.Name)).Count() != files.Count)
            throw new SignatureException("Two files have the same name.");
    }
}
