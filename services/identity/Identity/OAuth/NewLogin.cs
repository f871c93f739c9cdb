using Dapper;
using Npgsql;

namespace Pechat.Identity.OAuth;

/// <summary>
/// A login about to wait for the phone of whoever is known by e-mail or telephone, if anybody is. Its id becomes the name of its session;
/// what was typed is kept hashed, to count by.
/// </summary>
internal sealed record NewLogin(Guid Id, byte[] BrowserHash, byte[] Identifier, string? Email, string? Phone, string Client, string Scope, string Place, string Browser, DateTimeOffset Now, DateTimeOffset Expires)
{
    internal const int MaxPerIdentifier = 5;
    internal const int MaxPerPlace = 100;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    public string RedirectUri { get; init; } = "";
    public string? State { get; init; }
    public string? Challenge { get; init; }
    public string? Nonce { get; init; }
    public bool V1 { get; init; }
    public string? Credential { get; init; }
    public Guid? Account { get; init; }
    public byte[]? Pushed { get; init; }
    public string Language { get; init; } = "bg";
    public DateTimeOffset Since => Now - Window;

    /// <summary>Lets the login wait.</summary>
    /// <returns>False when there were too many, for what was typed or from the place.</returns>
    internal async Task<bool> TryAddAsync(NpgsqlTransaction tx, CancellationToken ct)
    {
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "select pg_advisory_xact_lock(hashtextextended(encode(@Identifier, 'hex'), 3))", this, tx, cancellationToken: ct)); // else many at once would all be the fifth
        var (byIdentifier, byPlace) = await tx.Connection!.QuerySingleAsync<(long, long)>(new CommandDefinition("""
            select (select count(*) from login where identifier = @Identifier and requested_at > @Since and state not in ('Confirmed', 'Completed')),
                   (select count(*) from login where place = @Place and requested_at > @Since and state not in ('Confirmed', 'Completed'))
            """, this, tx, cancellationToken: ct));
        if (byIdentifier >= MaxPerIdentifier || byPlace >= MaxPerPlace)
            return false; // counted by what was typed, known or not; what the phone confirmed was wanted
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into login (id, browser_hash, identifier, customer_id, client_id, redirect_uri, scope, client_state, code_challenge, nonce,
                v1, credential, account_customer_id, pushed_request, language, place, browser, state, requested_at, expires_at)
            values (@Id, @BrowserHash, @Identifier,
                (select id from customer where (email_key = @Email or phone = @Phone) and state = 'Active'),
                @Client, @RedirectUri, @Scope, @State, @Challenge, @Nonce,
                @V1, @Credential::jsonb, @Account, @Pushed, @Language, @Place, @Browser, 'Pending', @Now, @Expires)
            """, this, tx, cancellationToken: ct));
        return true;
    }
}
