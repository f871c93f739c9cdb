using Dapper;
using Npgsql;
using Pechat.CertificateAuthority.Evidence;
using Pechat.CertificateAuthority.Issuance;
using Pechat.Hsm;
using Pechat.Persistence;
using Pechat.Pki;
using Pechat.Pkcs11;

namespace Pechat.CertificateAuthority.Authorities;

/// <summary>
/// Gives an issuing CA's OCSP responder a new certificate when a third of its life is left: it carries nocheck, cannot be revoked,
/// and so lives for weeks only (RFC 6960 §4.2.2.2.1).
/// </summary>
internal sealed partial class ResponderRenewal(
    NpgsqlDataSource db, TokenPool token, AuditLog audit, CertificateAuthorityOptions options, TimeProvider clock, ILogger<ResponderRenewal> logger)
{
    private const long RenewalLock = 0x4F435350; // "OCSP"

    /// <returns>True when a certificate was signed.</returns>
    internal Task<bool> EnsureAsync(Authority issuer, CancellationToken ct) => db.InTransactionAsync(async tx =>
    {
        await tx.Connection!.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(@RenewalLock)", new { RenewalLock }, tx, cancellationToken: ct));
        DateTimeOffset now = CertificateTemplate.Seconds(clock.GetUtcNow());
        bool fresh = await tx.Connection!.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists (select 1 from responder where issuer = @Name and not_after > @limit)",
            new { issuer.Name, limit = now + (options.ResponderLifetime / 3) }, tx, cancellationToken: ct));
        if (fresh)
            return false;
        string label = $"ocsp-{issuer.Name}";
        SubjectPublicKey key = await KeyAsync(label, ct);
        TbsCertificate tbs = Template(issuer, key, now);
        // In a transaction of its own: the record stays even if this one is rolled back after the key was used.
        await db.InTransactionAsync(before => audit.WriteAsync(before, "responder.signing", new { Issuer = issuer.Name, Tbs = Convert.ToHexString(tbs.Encode()) }, ct), ct);
        byte[] der = await SignedObject.SignAsync(tbs.Encode(), issuer.Signer, ct);
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "insert into responder (issuer, serial, certificate, key_label, not_after, created_at) values (@Name, @serial, @der, @label, @notAfter, @now)",
            new { issuer.Name, serial = Convert.ToHexString(tbs.SerialNumber.Span), der, label, notAfter = tbs.NotAfter, now }, tx, cancellationToken: ct));
        await audit.WriteAsync(tx, "responder.signed", new { Issuer = issuer.Name, Der = Convert.ToHexString(der) }, ct);
        Renewed(logger, issuer.Name, tbs.NotAfter);
        return true;
    }, ct);

    private async Task<SubjectPublicKey> KeyAsync(string label, CancellationToken ct)
    {
        if (await HsmSigner.FindAsync(token, label, ct) is { } found)
            return found.PublicKey;
        return SubjectPublicKey.Parse((await token.GenerateKeyPairAsync(KeyPairAlgorithm.P256, label, ct)).PublicKeyInfo);
    }

    private TbsCertificate Template(Authority issuer, SubjectPublicKey key, DateTimeOffset now)
    {
        DateTimeOffset end = now.Add(options.ResponderLifetime).AddSeconds(-1);
        return new TbsCertificate
        {
            SerialNumber = TbsCertificate.NewSerial(),
            Algorithm = issuer.Signer.Algorithm,
            Issuer = issuer.Certificate.Subject,
            NotBefore = now.AddMinutes(-1), // relying parties' clocks
            NotAfter = end < issuer.Certificate.NotAfter ? end : issuer.Certificate.NotAfter,
            Subject = new DistinguishedName(
            [
                new(Oids.Country, issuer.Certificate.Subject.Find(Oids.Country)!),
                new(Oids.Organization, issuer.Certificate.Subject.Find(Oids.Organization)!),
                new(Oids.CommonName, $"OCSP responder of {issuer.Name}"),
            ]),
            PublicKey = key,
            Extensions =
            [
                CertificateExtensions.AuthorityKeyIdentifier(issuer.Certificate.SubjectKeyIdentifier()!.Value),
                CertificateExtensions.SubjectKeyIdentifier(key),
                CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature),
                CertificateExtensions.ExtendedKeyUsage(false, Oids.KpOcspSigning),
                CertificateExtensions.OcspNoCheck(),
            ],
        };
    }

    [LoggerMessage(1001, LogLevel.Information, "OCSP responder of {Issuer} has a certificate until {NotAfter}")]
    private static partial void Renewed(ILogger logger, string issuer, DateTimeOffset notAfter);
}

/// <summary>Looks after the responders of all issuing CAs, hourly.</summary>
internal sealed class ResponderKeeper(AuthorityStore authorities, ResponderRenewal renewal, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            foreach ((string name, _) in await authorities.ListAsync(stoppingToken))
            {
                Authority authority = await authorities.GetAsync(name, stoppingToken);
                if (!authority.IsRoot)
                    await renewal.EnsureAsync(authority, stoppingToken);
            }
            await Task.Delay(Pause, clock, stoppingToken);
        }
    }
}
