using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Hosting.Jose;

namespace Pechat.Identity.OAuth;

/// <summary>A token for a bound phone against an assertion by its key (RFC 7523 §2.1).</summary>
internal sealed class DeviceGrant(NpgsqlDataSource db, AccessTokenIssuer tokens, TokenOptions accepted, IdentityOptions options, TimeProvider clock)
{
    /// <summary>Longest lifetime of an assertion, and how far a phone's clock may be off.</summary>
    internal static readonly TimeSpan MaxLifetime = TimeSpan.FromMinutes(5);

    private sealed record Row(Guid CustomerId, string PublicKey);

    internal async Task<Token.Response> IssueAsync(ClientOptions client, IFormCollection form, CancellationToken ct)
    {
        if (!client.Scopes.Contains(Scopes.Device, StringComparer.Ordinal) || (OAuthForm.Single(form, "scope") ?? Scopes.Device) != Scopes.Device)
            throw FaultException.Invalid("invalid_scope", "a device's assertion gives the scope device, if the client has it");
        CompactJws assertion = Parse(OAuthForm.Single(form, "assertion") ?? throw FaultException.Invalid("invalid_request", "Missing parameter assertion"));
        DateTimeOffset now = clock.GetUtcNow();
        string jti = assertion.Text("jti") ?? "";
        if (!Guid.TryParseExact(assertion.KeyId, "D", out Guid device)
            || !assertion.Has("iss", assertion.KeyId!) || !assertion.Has("sub", assertion.KeyId!) || !assertion.Has("aud", accepted.Issuer + "/oauth2/token")
            || jti.Length is 0 or > 64
            || assertion.Time("iat") is not { } issued || assertion.Time("exp") is not { } expires
            || issued > now + MaxLifetime || expires <= now || expires > now + MaxLifetime * 2)
            throw Refused();
        Row? row = await FindAsync(device, ct);
        if (row is null || EcPublicKey.Parse(row.PublicKey) is not { } key || !assertion.IsSignedBy(key) || !await UseAsync(device, jti, expires, now, ct))
            throw Refused();
        string token = tokens.Issue(row.CustomerId.ToString(), client.Id, Scopes.Device, options.DeviceTokenLifetime, (device, key.Thumbprint));
        return new(token, "Bearer", (int)options.DeviceTokenLifetime.TotalSeconds, Scopes.Device);
    }

    private static CompactJws Parse(string assertion)
    {
        try
        {
            return CompactJws.Parse(assertion);
        }
        catch (FormatException)
        {
            throw Refused(); // one answer for everything that is wrong with an assertion
        }
    }

    private static FaultException Refused() => FaultException.Invalid("invalid_grant", "the assertion is not a fresh one by an active device");

    private async Task<Row?> FindAsync(Guid device, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            select d.customer_id, d.public_key from device d join customer c on c.id = d.customer_id
            where d.id = @device and d.state = 'Active' and c.state = 'Active'
            """, new { device }, cancellationToken: ct));
    }

    /// <summary>False when the assertion was used before; rows that no longer matter go at the same time.</summary>
    private async Task<bool> UseAsync(Guid device, string jti, DateTimeOffset expires, DateTimeOffset now, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition("""
            with old as (
                delete from used_assertion where (device_id, jti) in (
                    select device_id, jti from used_assertion where expires_at < @now - interval '1 minute' limit 20 for update skip locked)),
            used as (
                insert into used_assertion (device_id, jti, expires_at) values (@device, @jti, @expires) on conflict do nothing returning 1)
            select count(*) from used
            """, new { device, jti, expires, now }, cancellationToken: ct)) == 1;
    }
}
