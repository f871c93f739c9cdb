using System.Formats.Asn1;
using Dapper;
using MassTransit;
using Npgsql;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Contracts.Events.CertificateAuthority;
using Pechat.Persistence;
using Pechat.Pki;

namespace Pechat.CertificateStatus.Register;

/// <summary>
/// A certificate was issued or changed its status: whichever event comes first, twice or late, the CA says what is true now. While the CA
/// is down the event waits.
/// </summary>
public sealed class KeepRegister(NpgsqlDataSource db, Issuer.IssuerClient authority) : IConsumer<CertificateIssued>, IConsumer<CertificateStatusChanged>
{
    /// <inheritdoc/>
    public Task Consume(ConsumeContext<CertificateIssued> context) => KeepAsync(context.Message.Serial, context.CancellationToken);

    /// <inheritdoc/>
    public Task Consume(ConsumeContext<CertificateStatusChanged> context) => KeepAsync(context.Message.Serial, context.CancellationToken);

    private Task KeepAsync(string serial, CancellationToken ct) => db.InTransactionAsync(async tx =>
    {
        // One at a time per certificate, and asked inside the lock: an older answer is never written over a newer one.
        await tx.Connection!.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(hashtextextended(@serial, 0))", new { serial }, tx, cancellationToken: ct));
        IssuedCertificate issued = await authority.GetCertificateAsync(new GetCertificateRequest { Serial = serial }, cancellationToken: ct);
        bool known = await tx.Connection!.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists (select 1 from registered_certificate where serial = @serial)", new { serial }, tx, cancellationToken: ct));
        await (known ? ChangeAsync(tx, issued, ct) : AddAsync(tx, issued, ct));
    }, ct);

    private static async Task ChangeAsync(NpgsqlTransaction tx, IssuedCertificate issued, CancellationToken ct) =>
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            update registered_certificate set state = @state, since = @since where serial = @Serial;
            update register_key set state = @state where serial = @Serial;
            """,
            new { issued.Serial, state = StateOf(issued), since = SinceOf(issued) }, tx, cancellationToken: ct));

    /// <exception cref="AsnContentException">The CA broke its contract.</exception>
    private static async Task AddAsync(NpgsqlTransaction tx, IssuedCertificate issued, CancellationToken ct)
    {
        Certificate certificate = Certificate.Parse(issued.Certificate.Memory);
        DistinguishedName subject = certificate.Subject;
        string name = subject.Find(Oids.CommonName) ?? subject.Find(Oids.Organization) ?? "";
        string? organisation = subject.Find(Oids.Organization);
        string publication = issued.Publication switch { Publication.Certificate => "certificate", Publication.Status => "status", _ => "listed" };
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into registered_certificate
                (serial, issuer, profile, name, organisation, email_key, not_before, not_after, state, since, publication, certificate)
            values (@Serial, @issuer, @Profile, @name, @organisation, @email, @from, @to, @state, @since, @publication, @der)
            """,
            new
            {
                issued.Serial,
                issuer = certificate.Issuer.Find(Oids.CommonName) ?? certificate.Issuer.ToString(),
                issued.Profile,
                name,
                organisation,
                email = certificate.SubjectEmail()?.ToLowerInvariant(),
                from = certificate.NotBefore.UtcDateTime,
                to = certificate.NotAfter.UtcDateTime,
                state = StateOf(issued),
                since = SinceOf(issued),
                publication,
                der = publication == "certificate" ? issued.Certificate.ToByteArray() : null,
            }, tx, cancellationToken: ct));
        foreach ((string kind, string? text) in new[] { ("name", name), ("organisation", organisation) })
        {
            await tx.Connection!.ExecuteAsync(new CommandDefinition(
                "insert into register_key (kind, key, serial, state) values (@kind, @key, @Serial, @state)",
                SearchKey.TurnsOf(text ?? "").Select(key => new { kind, key, issued.Serial, state = StateOf(issued) }), tx, cancellationToken: ct));
        }
    }

    private static string StateOf(IssuedCertificate issued) => issued.Status.State switch
    {
        CertificateState.Suspended => "suspended",
        CertificateState.Revoked => "revoked",
        _ => "active",
    };

    private static DateTime SinceOf(IssuedCertificate issued) => issued.Status.Since.ToDateTime();
}
