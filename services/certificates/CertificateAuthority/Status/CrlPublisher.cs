using Dapper;
using Npgsql;
using Pechat.CertificateAuthority.Authorities;
using Pechat.CertificateAuthority.Evidence;
using Pechat.CertificateAuthority.Issuance;
using Pechat.Persistence;
using Pechat.Pki;

namespace Pechat.CertificateAuthority.Status;

/// <summary>A signed CRL.</summary>
internal sealed record CrlRow(long Number, long StatusVersion, DateTime ThisUpdate, DateTime NextUpdate, byte[] Der);

/// <summary>Signs CRLs: after every change of status and at a certain age. Numbers grow without regard to restarts and replicas.</summary>
internal sealed partial class CrlPublisher(
    NpgsqlDataSource db, AuditLog audit, CertificateAuthorityOptions options, TimeProvider clock, ILogger<CrlPublisher> logger)
{
    private const long CrlLock = 0x43524C; // "CRL"; one authority at a time is enough
    private static readonly TimeSpan RootLifetime = TimeSpan.FromDays(365); // the root's list is yearly

    /// <summary>The newest CRL of an issuer, signed now if there is none that still says everything.</summary>
    internal async Task<CrlRow> GetAsync(Authority issuer, CancellationToken ct)
    {
        await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
        {
            if (await FindCurrentAsync(connection, null, issuer, ct) is { } current)
                return current;
        }
        return await db.InTransactionAsync(async tx =>
        {
            await tx.Connection!.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(@CrlLock)", new { CrlLock }, tx, cancellationToken: ct));
            return await FindCurrentAsync(tx.Connection!, tx, issuer, ct) ?? await SignAsync(tx, issuer, ct); // another one may have signed meanwhile
        }, ct);
    }

    private async Task<CrlRow?> FindCurrentAsync(NpgsqlConnection connection, NpgsqlTransaction? tx, Authority issuer, CancellationToken ct)
    {
        TimeSpan age = issuer.IsRoot ? RootLifetime / 2 : options.CrlRefresh;
        return await connection.QuerySingleOrDefaultAsync<CrlRow>(new CommandDefinition("""
            select c.number, c.status_version, c.this_update, c.next_update, c.der
            from crl c
            join authority a on a.name = c.issuer and a.status_version = c.status_version
            where c.issuer = @Name and c.this_update > @oldest
            order by c.number desc
            limit 1
            """, new { issuer.Name, oldest = clock.GetUtcNow() - age }, tx, cancellationToken: ct));
    }

    private async Task<CrlRow> SignAsync(NpgsqlTransaction tx, Authority issuer, CancellationToken ct)
    {
        // The version is read before the entries: a change in between makes the list newer than it claims, never older.
        long version = await tx.Connection!.ExecuteScalarAsync<long>(new CommandDefinition(
            "select status_version from authority where name = @Name", new { issuer.Name }, tx, cancellationToken: ct));
        IEnumerable<Entry> entries = await tx.Connection!.QueryAsync<Entry>(new CommandDefinition(
            "select serial, since, reason from certificate where issuer = @Name and state in ('suspended', 'revoked') order by serial", new { issuer.Name }, tx, cancellationToken: ct));
        long number = 1 + await tx.Connection!.ExecuteScalarAsync<long>(new CommandDefinition(
            "select coalesce(max(number), 0) from crl where issuer = @Name", new { issuer.Name }, tx, cancellationToken: ct));
        DateTimeOffset now = CertificateTemplate.Seconds(clock.GetUtcNow());
        DateTimeOffset next = now + (issuer.IsRoot ? RootLifetime : options.CrlLifetime);
        byte[] tbs = new TbsCertificateList
        {
            Algorithm = issuer.Signer.Algorithm,
            Issuer = issuer.Certificate,
            ThisUpdate = now,
            NextUpdate = next,
            Number = number,
            Revoked = [.. entries.Select(each => new RevokedCertificate(Convert.FromHexString(each.Serial), each.Since, (RevocationReason)each.Reason))],
            // A root's list covers the root itself, whose certificate names no distribution point to compare with.
            DistributionPoint = issuer.IsRoot ? null : options.CrlUrl(issuer.Name),
            ExpiredCertsSince = issuer.Certificate.NotBefore, // nobody leaves the list by expiring
        }.Encode();
        // In a transaction of its own: the record stays even if this one is rolled back after the key was used.
        await db.InTransactionAsync(before => audit.WriteAsync(before, "crl.signing", new { Issuer = issuer.Name, number, Tbs = Convert.ToHexString(tbs) }, ct), ct);
        byte[] der = await SignedObject.SignAsync(tbs, issuer.Signer, ct);
        var row = new CrlRow(number, version, now.UtcDateTime, next.UtcDateTime, der);
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "insert into crl (issuer, number, status_version, this_update, next_update, der) values (@Name, @Number, @StatusVersion, @ThisUpdate, @NextUpdate, @Der)",
            new { issuer.Name, row.Number, row.StatusVersion, row.ThisUpdate, row.NextUpdate, row.Der }, tx, cancellationToken: ct));
        await audit.WriteAsync(tx, "crl.signed", new { Issuer = issuer.Name, number, Der = Convert.ToHexString(der) }, ct);
        Telemetry.CrlSigned.Add(1, new KeyValuePair<string, object?>("issuer", issuer.Name));
        Signed(logger, issuer.Name, number);
        return row;
    }

    private sealed record Entry(string Serial, DateTime Since, int Reason);

    [LoggerMessage(1201, LogLevel.Information, "Signed CRL {Number} of {Issuer}")]
    private static partial void Signed(ILogger logger, string issuer, long number);
}
