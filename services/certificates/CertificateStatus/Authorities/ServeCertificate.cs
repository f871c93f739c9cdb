using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.CertificateAuthority.V1;

namespace Pechat.CertificateStatus.Authorities;

/// <summary>GET <c>/ca/{name}.cer</c>: a CA certificate, DER, to which authorityInfoAccess points (RFC 5280 §4.2.2.1, RFC 2585).</summary>
internal static class ServeCertificate
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromDays(1);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/ca/{name}.cer", Handle);

    internal static async Task<IResult> Handle(
        string name, HttpContext http, NpgsqlDataSource db, StatusSigner.StatusSignerClient authority, TimeProvider clock, CancellationToken ct)
    {
        AuthorityName.ThrowIfImpossible(name);
        DateTimeOffset now = clock.GetUtcNow();
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        byte[]? der = await FindAsync(connection, name, ct);
        if (der is null)
        {
            // Names never change their certificate, so only an unknown one is a reason to ask.
            ListCaCertificatesReply reply = await authority.ListCaCertificatesAsync(new ListCaCertificatesRequest(), cancellationToken: ct);
            await connection.ExecuteAsync(new CommandDefinition(
                "insert into authority (name, certificate) values (@Name, @Der) on conflict (name) do nothing",
                reply.Certificates.Select(each => new { each.Name, Der = each.Certificate.ToByteArray() }), cancellationToken: ct));
            der = await FindAsync(connection, name, ct) ?? throw FaultException.NotFound("unknown_authority", "no authority has this name");
        }
        return StaticBytes.Cacheable(http, der, "application/pkix-cert", Pki.Certificate.Parse(der).NotBefore, now + MaxAge, MaxAge, now);
    }

    private static Task<byte[]?> FindAsync(NpgsqlConnection connection, string name, CancellationToken ct) =>
        connection.ExecuteScalarAsync<byte[]?>(new CommandDefinition("select certificate from authority where name = @name", new { name }, cancellationToken: ct));
}
