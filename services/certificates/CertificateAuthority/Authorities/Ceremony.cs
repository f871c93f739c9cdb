using System.Security.Cryptography;
using Dapper;
using Npgsql;
using Pechat.CertificateAuthority.Evidence;
using Pechat.CertificateAuthority.Issuance;
using Pechat.CertificateAuthority.Status;
using Pechat.Hsm;
using Pechat.Persistence;
using Pechat.Pki;
using Pechat.Pkcs11;

namespace Pechat.CertificateAuthority.Authorities;

/// <summary>
/// Verb <c>ceremony FILE</c>: makes what the script names and is missing, in order, and writes the certificates. It may be run again
/// after any interruption: keys are found by label, certificates by name. It refuses a second root and a name with another subject.
/// </summary>
internal sealed class Ceremony(
    NpgsqlDataSource db, TokenPool token, AuthorityStore authorities, ResponderRenewal responders, CrlPublisher crls,
    Profiles profiles, CertificateIssuer issuer, AuditLog audit, CertificateAuthorityOptions options, TimeProvider clock)
{
    private const int MaxRequestFile = 64 * 1024;

    /// <param name="path">The script.</param>
    /// <param name="report">Told of every step.</param>
    /// <param name="ct">Ends the ceremony between two steps.</param>
    /// <exception cref="CeremonyException">The script is refused.</exception>
    internal async Task RunAsync(string path, Action<string> report, CancellationToken ct)
    {
        if (!File.Exists(path))
            throw new CeremonyException($"there is no file {path}");
        CeremonyFile file = CeremonyFile.Parse(await File.ReadAllTextAsync(path, ct));
        string directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        await ThrowIfSecondRootAsync(file.Root!, ct);
        Authority root = await EnsureAsync(file.Root!, null, report, ct);
        await crls.GetAsync(root, ct);
        foreach (CeremonyFile.AuthorityEntry entry in file.Authorities)
        {
            Authority authority = await EnsureAsync(entry, root, report, ct);
            if (await responders.EnsureAsync(authority, ct))
                report($"{entry.Name}: OCSP responder certified");
        }
        foreach (CeremonyFile.CertificateEntry entry in file.Certificates)
            await CertifyAsync(entry, directory, report, ct);
        if (file.Output is not null)
            await WriteAuthoritiesAsync(Path.Combine(directory, file.Output), root, ct);
    }

    private async Task ThrowIfSecondRootAsync(CeremonyFile.AuthorityEntry root, CancellationToken ct)
    {
        if (await authorities.ListAsync(ct) is [var first, ..] && first.Name != root.Name)
            throw new CeremonyException($"there is a root already, {first.Name}; a second one is refused");
    }

    private async Task<Authority> EnsureAsync(CeremonyFile.AuthorityEntry entry, Authority? root, Action<string> report, CancellationToken ct)
    {
        DistinguishedName subject = entry.Subject.ToName();
        if (await authorities.FindAsync(entry.Name, ct) is { } known)
        {
            if (!known.Certificate.Subject.Equals(subject) || known.IsRoot != root is null)
                throw new CeremonyException($"{entry.Name} exists as {known.Certificate.Subject} and is not made again as {subject}");
            report($"{entry.Name}: exists");
            return known;
        }
        string label = $"ca-{entry.Name}";
        (HsmSigner signer, SubjectPublicKey key) = await KeyAsync(label, CeremonyFile.KeyAlgorithms[entry.Key], ct);
        DateTimeOffset now = CertificateTemplate.Seconds(clock.GetUtcNow());
        byte[] tbs = Template(entry, subject, key, root, root?.Signer ?? signer, now).Encode();
        await db.InTransactionAsync(tx => audit.WriteAsync(tx, "authority.signing", new { entry.Name, Tbs = Convert.ToHexString(tbs) }, ct), ct);
        byte[] der = await SignedObject.SignAsync(tbs, root?.Signer ?? signer, ct);
        if (!Certificate.Parse(der).IsSignedBy(root?.Certificate ?? Certificate.Parse(der)))
            throw new CeremonyException($"{entry.Name}: the token made a signature that does not verify");
        await db.InTransactionAsync(async tx =>
        {
            await tx.Connection!.ExecuteAsync(new CommandDefinition(
                "insert into authority (name, issuer, certificate, key_label, created_at) values (@Name, @issuerName, @der, @label, @now)",
                new { entry.Name, issuerName = root?.Name ?? entry.Name, der, label, now }, tx, cancellationToken: ct));
            await audit.WriteAsync(tx, "authority.signed", new { entry.Name, Der = Convert.ToHexString(der) }, ct);
        }, ct);
        report($"{entry.Name}: made, {subject}");
        return await authorities.GetAsync(entry.Name, ct);
    }

    private async Task<(HsmSigner, SubjectPublicKey)> KeyAsync(string label, KeyPairAlgorithm algorithm, CancellationToken ct)
    {
        if (await HsmSigner.FindAsync(token, label, ct) is null)
            await token.GenerateKeyPairAsync(algorithm, label, ct);
        return await HsmSigner.FindAsync(token, label, ct) ?? throw new CeremonyException($"the token does not find the key {label} that it just made");
    }

    // pki-profiles §2
    private TbsCertificate Template(
        CeremonyFile.AuthorityEntry entry, DistinguishedName subject, SubjectPublicKey key, Authority? root, ISigner signer, DateTimeOffset now)
    {
        DateTimeOffset end = now.AddYears(entry.Years).AddSeconds(-1);
        if (root is not null && end > root.Certificate.NotAfter)
            throw new CeremonyException($"{entry.Name} would outlive its root");
        List<Extension> extensions =
        [
            CertificateExtensions.CertificateAuthority(root is null ? null : 0),
            CertificateExtensions.KeyUsage(KeyUsages.KeyCertSign | KeyUsages.CrlSign),
            CertificateExtensions.SubjectKeyIdentifier(key),
        ];
        if (root is not null)
        {
            extensions.Add(CertificateExtensions.AuthorityKeyIdentifier(root.Certificate.SubjectKeyIdentifier()!.Value));
            extensions.Add(CertificateExtensions.Policies(new CertificatePolicy(Oids.AnyPolicy)));
            extensions.Add(CertificateExtensions.AuthorityInfoAccess(options.IssuerUrl(root.Name), null));
            extensions.Add(CertificateExtensions.CrlDistributionPoint(options.CrlUrl(root.Name)));
        }
        return new TbsCertificate
        {
            SerialNumber = TbsCertificate.NewSerial(),
            Algorithm = signer.Algorithm,
            Issuer = root?.Certificate.Subject ?? subject,
            NotBefore = now,
            NotAfter = end,
            Subject = subject,
            PublicKey = key,
            Extensions = extensions,
        };
    }

    private async Task CertifyAsync(CeremonyFile.CertificateEntry entry, string directory, Action<string> report, CancellationToken ct)
    {
        if (profiles.Find(entry.Profile) is not { Holder: HolderKind.TimestampUnit } profile)
            throw new CeremonyException($"{entry.Profile} is no profile for keys of the house");
        string requestFile = Path.Combine(directory, entry.Csr);
        if (!File.Exists(requestFile) || new FileInfo(requestFile).Length > MaxRequestFile)
            throw new CeremonyException($"{requestFile} is missing or too long");
        CertifiedKey key = CertifiedKey.Parse(DerOf(await File.ReadAllBytesAsync(requestFile, ct)), profile);
        CertificateRow row = await issuer.IssueAsync(Order.TimestampUnit(profile, entry.Subject.ToName(), key), ct);
        IEnumerable<Certificate> chain = await authorities.ChainAsync(row.Issuer, ct);
        await WritePemAsync(Path.Combine(directory, entry.Certificate), chain.Prepend(Certificate.Parse(row.Certificate!)), ct);
        report($"{entry.Profile}: {row.Serial} in {entry.Certificate}");
    }

    private async Task WriteAuthoritiesAsync(string directory, Authority root, CancellationToken ct)
    {
        Directory.CreateDirectory(directory);
        IReadOnlyList<(string Name, Certificate Certificate)> all = await authorities.ListAsync(ct);
        await WritePemAsync(Path.Combine(directory, "root.pem"), [root.Certificate], ct);
        await WritePemAsync(Path.Combine(directory, "chain.pem"), all.Reverse().Select(each => each.Certificate), ct); // issuing CAs first, root last
    }

    private static ReadOnlyMemory<byte> DerOf(byte[] file)
    {
        string text = System.Text.Encoding.ASCII.GetString(file);
        return PemEncoding.TryFind(text, out PemFields fields) && text[fields.Label] is "CERTIFICATE REQUEST" or "NEW CERTIFICATE REQUEST"
            ? Convert.FromBase64String(text[fields.Base64Data])
            : file;
    }

    private static Task WritePemAsync(string path, IEnumerable<Certificate> certificates, CancellationToken ct) =>
        File.WriteAllTextAsync(path, string.Concat(certificates.Select(each => PemEncoding.WriteString("CERTIFICATE", each.Encoded.Span) + "\n")), ct);
}
