using Dapper;
using Npgsql;
using Pechat.CertificateAuthority.Authorities;
using Pechat.CertificateAuthority.Evidence;
using Pechat.Contracts;
using Pechat.Contracts.Events.CertificateAuthority;
using Pechat.Persistence;
using Pechat.Pki;

namespace Pechat.CertificateAuthority.Issuance;

/// <summary>Signs end-entity certificates. One request leads to one certificate, however often it is repeated and wherever it was interrupted.</summary>
internal sealed partial class CertificateIssuer(
    NpgsqlDataSource db, AuthorityStore authorities, CertificateTemplate template, AuditLog audit, TimeProvider clock, ILogger<CertificateIssuer> logger)
{
    /// <exception cref="FaultException">lint_failed, key_in_use, request_mismatch, or the key does not answer.</exception>
    internal async Task<CertificateRow> IssueAsync(Order order, CancellationToken ct)
    {
        Authority issuer = await authorities.GetAsync(order.Profile.Issuer, ct);
        CertificateRow row = await CertificateRow.FindByRequestAsync(db, order.RequestId, ct) ?? await IntendAsync(order, issuer, ct);
        if (row.Profile != order.Profile.Name || row.CustomerId != order.CustomerId || row.CredentialId != order.CredentialId || !row.KeyHash.AsSpan().SequenceEqual(order.Key.Hash))
            throw FaultException.Conflict("request_mismatch", "the request was made before with another key, profile or holder");
        return row.Certificate is not null ? row : await SignAsync(row, issuer, ct);
    }

    // Step 1: whatever can be refused is refused before anything is written.
    // Step 2: record the intent with the exact bytes, so that after a crash we know what may have been signed.
    private async Task<CertificateRow> IntendAsync(Order order, Authority issuer, CancellationToken ct)
    {
        TbsCertificate tbs = template.Build(order.Profile, order.Holder, order.Key.Key, issuer, clock.GetUtcNow());
        byte[] der = tbs.Encode();
        await Lints.ThrowIfAnyFailsAsync(der, order.Profile, issuer, ct);
        var row = new CertificateRow
        {
            Serial = Convert.ToHexString(tbs.SerialNumber.Span),
            Issuer = issuer.Name,
            Profile = order.Profile.Name,
            RequestId = order.RequestId,
            CustomerId = order.CustomerId,
            CredentialId = order.CredentialId,
            KeyHash = order.Key.Hash,
            Tbs = der,
            NotBefore = tbs.NotBefore.UtcDateTime,
            NotAfter = tbs.NotAfter.UtcDateTime,
            State = States.Intended,
            Since = tbs.NotBefore.UtcDateTime,
            Publication = order.Publication,
        };
        bool added = await db.InTransactionAsync(async tx =>
        {
            await ThrowIfKeyIsInUseAsync(tx, order, ct);
            if (!await row.AddAsync(tx, ct))
                return false;
            await audit.WriteAsync(tx, "certificate.signing", new { row.Serial, row.Issuer, row.Profile, order.RequestId, Tbs = Convert.ToHexString(der) }, ct);
            return true;
        }, ct);
        return added ? row : (await CertificateRow.FindByRequestAsync(db, order.RequestId, ct))!; // the same request came twice at once
    }

    // A repeated or concurrent request signs the same bytes; whoever stores first decides which signature counts.
    private async Task<CertificateRow> SignAsync(CertificateRow row, Authority issuer, CancellationToken ct)
    {
        byte[] der = await SignedObject.SignAsync(row.Tbs, issuer.Signer, ct);
        if (!Certificate.Parse(der).IsSignedBy(issuer.Certificate))
            throw FaultException.Unavailable("hsm_unavailable", "the token made a signature that does not verify");
        DateTimeOffset now = clock.GetUtcNow();
        bool stored = await db.InTransactionAsync(async tx =>
        {
            int updated = await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                update certificate
                set certificate = @der, state = 'active', since = @now
                where serial = @Serial and state = 'intended'
                """, new { der, now, row.Serial }, tx, cancellationToken: ct));
            if (updated == 0)
                return false;
            await audit.WriteAsync(tx, "certificate.signed", new { row.Serial, Der = Convert.ToHexString(der) }, ct);
            if (row.CustomerId is { } customer)
                await Outbox.AddAsync(tx, Guid.CreateVersion7(), new CertificateIssued(row.Serial, row.Profile, row.RequestId, customer, row.CredentialId, row.NotBefore, row.NotAfter), now, ct);
            return true;
        }, ct);
        if (stored)
        {
            Telemetry.Issued.Add(1, new KeyValuePair<string, object?>("profile", row.Profile));
            Issued(logger, row.Profile, row.Serial);
        }
        return (await CertificateRow.FindByRequestAsync(db, row.RequestId, ct))!;
    }

    // pki-profiles §6: the same key is not certified for two holders.
    private static async Task ThrowIfKeyIsInUseAsync(NpgsqlTransaction tx, Order order, CancellationToken ct)
    {
        bool used = await tx.Connection!.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists (select 1 from certificate where key_hash = @Hash and customer_id is distinct from @CustomerId)",
            new { order.Key.Hash, order.CustomerId }, tx, cancellationToken: ct));
        if (used)
            throw FaultException.Invalid("invalid_csr", "the key is certified for somebody else");
    }

    [LoggerMessage(1101, LogLevel.Information, "Issued {Profile} certificate {Serial}")]
    private static partial void Issued(ILogger logger, string profile, string serial);
}
