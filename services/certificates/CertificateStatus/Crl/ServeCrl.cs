using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.CertificateAuthority.V1;

namespace Pechat.CertificateStatus.Crl;

/// <summary>GET <c>/crl/{name}.crl</c>, DER (RFC 5280 §4.2.1.13, RFC 2585).</summary>
internal static class ServeCrl
{
    private const string ContentType = "application/pkix-crl";

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/crl/{name}.crl", Handle);

    internal static async Task<IResult> Handle(
        string name, HttpContext http, NpgsqlDataSource db, StatusSigner.StatusSignerClient authority, CertificateStatusOptions options, TimeProvider clock, CancellationToken ct)
    {
        AuthorityName.ThrowIfImpossible(name);
        DateTimeOffset now = clock.GetUtcNow();
        Kept? kept = await FindAsync(db, name, ct);
        if (kept is { Stale: false } && now.UtcDateTime - kept.FetchedAt < options.CrlAge && kept.NextUpdate > now.UtcDateTime)
            return Serve(http, kept, options, now);
        try
        {
            GetCrlReply reply = await authority.GetCrlAsync(new GetCrlRequest { Issuer = name }, cancellationToken: ct);
            var fresh = new Kept(reply.Crl.ToByteArray(), reply.ThisUpdate.ToDateTime(), reply.NextUpdate.ToDateTime(), now.UtcDateTime, false);
            await KeepAsync(db, name, fresh, ct);
            return Serve(http, fresh, options, now);
        }
        catch (FaultException e) when (e.Kind is FaultKind.Unavailable or FaultKind.Exhausted && kept?.NextUpdate > now.UtcDateTime)
        {
            return Serve(http, kept, options, now); // the CA is down: the last list is true until its nextUpdate
        }
    }

    private static IResult Serve(HttpContext http, Kept kept, CertificateStatusOptions options, DateTimeOffset now) =>
        StaticBytes.Cacheable(http, kept.Der, ContentType, kept.ThisUpdate, kept.NextUpdate, options.CrlAge, now);

    private static async Task<Kept?> FindAsync(NpgsqlDataSource db, string name, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<Kept>(new CommandDefinition(
            "select der, this_update, next_update, fetched_at, stale from crl where issuer = @name", new { name }, cancellationToken: ct));
    }

    // A list that became stale while it was on its way is replaced by the next request: thisUpdate tells them apart only by the second.
    private static async Task KeepAsync(NpgsqlDataSource db, string name, Kept fresh, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into crl (issuer, der, this_update, next_update, fetched_at, stale)
            values (@name, @Der, @ThisUpdate, @NextUpdate, @FetchedAt, exists (select 1 from status_change where at >= @ThisUpdate))
            on conflict (issuer) do update
            set der = excluded.der, this_update = excluded.this_update, next_update = excluded.next_update, fetched_at = excluded.fetched_at, stale = excluded.stale
            where crl.this_update <= excluded.this_update
            """,
            new { name, fresh.Der, fresh.ThisUpdate, fresh.NextUpdate, fresh.FetchedAt }, cancellationToken: ct));
    }

    private sealed record Kept(byte[] Der, DateTime ThisUpdate, DateTime NextUpdate, DateTime FetchedAt, bool Stale);
}
