using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.CertificateAuthority.V1;

namespace Pechat.CertificateAuthority.Issuance;

/// <summary>A certificate as it is stored, from intent to revocation.</summary>
internal sealed record CertificateRow
{
    private const string Columns =
        "serial, issuer, profile, request_id, customer_id, credential_id, key_hash, tbs, certificate, not_before, not_after, state, reason, since, publication";

    public required string Serial { get; init; }

    public required string Issuer { get; init; }

    public required string Profile { get; init; }

    public required Guid RequestId { get; init; }

    /// <summary>Null for certificates of the provider itself.</summary>
    public Guid? CustomerId { get; init; }

    public Guid? CredentialId { get; init; }

    public required byte[] KeyHash { get; init; }

    public required byte[] Tbs { get; init; }

    /// <summary>Null while its signing is only intended.</summary>
    public byte[]? Certificate { get; init; }

    public required DateTime NotBefore { get; init; }

    public required DateTime NotAfter { get; init; }

    /// <summary>One of <see cref="States"/>.</summary>
    public required string State { get; init; }

    public int Reason { get; init; }

    public required DateTime Since { get; init; }

    /// <summary>One of <see cref="Publications"/>.</summary>
    public string Publication { get; init; } = Publications.Listed;

    internal static async Task<CertificateRow?> FindByRequestAsync(NpgsqlDataSource db, Guid requestId, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<CertificateRow>(new CommandDefinition(
            $"select {Columns} from certificate where request_id = @requestId", new { requestId }, cancellationToken: ct));
    }

    /// <summary>Issued certificates among these serial numbers; intents are none.</summary>
    internal static async Task<IReadOnlyList<CertificateRow>> FindIssuedAsync(NpgsqlDataSource db, IReadOnlyList<string> serials, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<CertificateRow>(new CommandDefinition(
            $"select {Columns} from certificate where serial = any(@serials) and certificate is not null", new { serials }, cancellationToken: ct))).AsList();
    }

    /// <summary>The issued certificate, locked for a change of status; null when there is none.</summary>
    internal static Task<CertificateRow?> LockAsync(NpgsqlTransaction tx, string serial, CancellationToken ct) =>
        tx.Connection!.QuerySingleOrDefaultAsync<CertificateRow>(new CommandDefinition(
            $"select {Columns} from certificate where serial = @serial and certificate is not null for update", new { serial }, tx, cancellationToken: ct));

    /// <summary>Stores the intent.</summary>
    /// <returns>False when there is one for this request already.</returns>
    internal async Task<bool> AddAsync(NpgsqlTransaction tx, CancellationToken ct) => await tx.Connection!.ExecuteAsync(new CommandDefinition(
        $"""
        insert into certificate ({Columns})
        values (@Serial, @Issuer, @Profile, @RequestId, @CustomerId, @CredentialId, @KeyHash, @Tbs, @Certificate, @NotBefore, @NotAfter, @State, @Reason, @Since, @Publication)
        on conflict (request_id) do nothing
        """,
        this, tx, cancellationToken: ct)) == 1;
}

/// <summary>States of SM-5 as they are stored and as events name them; <c>expired</c> follows from the clock.</summary>
internal static class States
{
    internal const string Intended = "intended";
    internal const string Active = "active";
    internal const string Suspended = "suspended";
    internal const string Revoked = "revoked";
}

/// <summary>What the public register may tell of a certificate, as it is stored.</summary>
internal static class Publications
{
    internal const string Listed = "listed";
    internal const string Certificate = "certificate";
    internal const string Status = "status";

    internal static string Of(Publication publication) => publication switch
    {
        Publication.Listed => Listed,
        Publication.Certificate => Certificate,
        Publication.Status => Status,
        _ => throw FaultException.Invalid("invalid_request", "publication must be listed, certificate or status"),
    };

    internal static Publication Parse(string stored) => stored switch
    {
        Certificate => Publication.Certificate,
        Status => Publication.Status,
        _ => Publication.Listed,
    };
}
