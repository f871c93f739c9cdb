using System.Security.Cryptography.X509Certificates;
using Dapper;
using MassTransit;
using Npgsql;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Contracts.Events.CertificateAuthority;
using Pechat.Persistence;

namespace Pechat.Signing.Credentials;

/// <summary>A certificate was issued for a key of the activation module: the credential can be offered.</summary>
internal sealed partial class LinkIssuedCertificate(
    NpgsqlDataSource db, ICertificates certificates, ILogger<LinkIssuedCertificate> logger) : IConsumer<CertificateIssued>
{
    public async Task Consume(ConsumeContext<CertificateIssued> context)
    {
        CertificateIssued issued = context.Message;
        if (issued.CredentialId is not { } credentialId)
            return; // a key outside the cloud
        // The event carries identifiers; the certificate and its state come from the authority, before the transaction is opened.
        IssuedCertificate certificate = await certificates.GetAsync(issued.Serial, context.CancellationToken);
        using X509Certificate2 x509 = X509CertificateLoader.LoadCertificate(certificate.Certificate.Span);
        KeyAlgorithm algorithm = KeyAlgorithm.Of(x509) ?? throw new InvalidOperationException($"Certificate {issued.Serial} has a key that cannot be offered");
        await db.InTransactionAsync(async tx =>
        {
            CancellationToken ct = context.CancellationToken;
            if (!await Inbox.TryAcceptAsync(tx, context.MessageId!.Value, nameof(LinkIssuedCertificate), ct))
                return 0;
            await CertificateState.RecordAsync(tx, issued.Serial, Name(certificate.Status.State), certificate.Status.Since?.ToDateTimeOffset() ?? issued.NotBefore, ct);
            return await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                insert into credential (id, customer_id, serial, profile, key_algorithm, certificate, chain, not_before, not_after)
                values (@Id, @CustomerId, @Serial, @Profile, @Algorithm, @Certificate, @Chain, @NotBefore, @NotAfter)
                on conflict (id) do update
                set serial = excluded.serial, profile = excluded.profile, certificate = excluded.certificate, chain = excluded.chain,
                    not_before = excluded.not_before, not_after = excluded.not_after
                where credential.not_after < excluded.not_after and credential.customer_id = excluded.customer_id
                """,
                new
                {
                    Id = credentialId,
                    issued.CustomerId,
                    issued.Serial,
                    issued.Profile,
                    Algorithm = algorithm.Name,
                    Certificate = certificate.Certificate.ToByteArray(),
                    Chain = certificate.Chain.Select(each => each.ToByteArray()).ToArray(),
                    NotBefore = issued.NotBefore.UtcDateTime,
                    NotAfter = issued.NotAfter.UtcDateTime,
                }, tx, cancellationToken: ct));
        }, context.CancellationToken);
        Linked(logger, issued.Serial, credentialId);
    }

    private static string Name(Contracts.CertificateAuthority.V1.CertificateState state) => state switch
    {
        Contracts.CertificateAuthority.V1.CertificateState.Suspended => "suspended",
        Contracts.CertificateAuthority.V1.CertificateState.Revoked => "revoked",
        _ => "active",
    };

    [LoggerMessage(3001, LogLevel.Information, "Certificate {Serial} belongs to credential {CredentialId}")]
    private static partial void Linked(ILogger logger, string serial, Guid credentialId);
}
