using Dapper;
using Npgsql;
using Pechat.Contracts;

namespace Pechat.CertificateStatus.Register;

/// <summary>GET <c>/register/v1/certificates/{serial}.cer</c>: a certificate whose holder agreed to publication, DER (RFC 2585).</summary>
internal static class DownloadCertificate
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/certificates/{serial}.cer", Handle);

    internal static async Task<IResult> Handle(string serial, NpgsqlDataSource db, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        byte[]? der = await connection.ExecuteScalarAsync<byte[]?>(new CommandDefinition(
            "select certificate from registered_certificate where serial = @serial", new { serial }, cancellationToken: ct));
        return der is not null
            ? Results.File(der, "application/pkix-cert", $"{serial}.cer")
            : throw FaultException.NotFound("not_published", "no certificate with this serial number is published"); // unknown or refused: the caller learns no more
    }
}
