using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Pechat.Hosting;
using Pechat.Signing.Credentials;

namespace Pechat.Signing.Csc;

/// <summary>CSC API <c>credentials/list</c> (§5.4); v1 answers ids only. Both have pages.</summary>
internal static class ListCredentials
{
    internal const int MaxPageSize = 100;

    internal sealed record Response(
        [property: JsonPropertyName("credentialIDs")] IReadOnlyList<string> CredentialIds,
        IReadOnlyList<CredentialInfo>? CredentialInfos, bool? OnlyValid, string? NextPageToken);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/credentials/list", Handle).AllowPeers("portal");

    internal static async Task<IResult> Handle(
        HttpContext http, ClaimsPrincipal user, NpgsqlDataSource db, SigningOptions options, TimeProvider clock, CancellationToken ct)
    {
        using CscRequest request = await CscRequest.ReadAsync(http);
        request.CheckCommon();
        Caller caller = Caller.Of(user);
        Guid customer = caller.SubjectOf(request) ?? throw CscRequest.InvalidParameter("userID");
        bool v2 = request.Version == CscVersion.V2; // to v1 these members are unknown, hence ignored
        bool withInfo = v2 && request.Flag("credentialInfo"), onlyValid = v2 && request.Flag("onlyValid");
        CredentialInfo.View? view = v2 ? CredentialInfo.View.Of(request) : null;
        int take = request.Member("maxResults") is { ValueKind: JsonValueKind.Number } max && max.TryGetInt32(out int asked) && asked is > 0 and < MaxPageSize
            ? asked : MaxPageSize; // an unusable value is no error (§4.7)
        Guid after = PageAfter(request);
        DateTimeOffset now = clock.GetUtcNow();
        List<Credential> credentials = await QueryAsync(db, customer, onlyValid, after, take + 1, now, ct);
        if (credentials.Count == 0 && caller.CustomerId is null && !await IsKnownAsync(db, customer, ct))
            throw CscRequest.InvalidParameter("userID");
        bool more = credentials.Count > take; // one row more than asked tells whether a next page exists
        if (more)
            credentials.RemoveAt(take);
        return CscResults.Ok(new Response(
            [.. credentials.Select(credential => credential.Id.ToString("D"))],
            withInfo ? [.. credentials.Select(credential => CredentialInfo.Of(credential, view!, options, now, withId: true))] : null,
            onlyValid ? true : null,
            more ? credentials[^1].Id.ToString("N", CultureInfo.InvariantCulture) : null), CscJson.Default.CredentialList);
    }

    private static Guid PageAfter(CscRequest request) => request.OptionalString("pageToken") is not { Length: > 0 } token ? Guid.Empty
        : Guid.TryParseExact(token, "N", out Guid after) ? after : throw CscRequest.InvalidParameter("pageToken");

    internal static async Task<List<Credential>> QueryAsync(
        NpgsqlDataSource db, Guid customer, bool onlyValid, Guid after, int take, DateTimeOffset now, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<Credential>(new CommandDefinition($"""
            select {Credential.Columns}
            from {Credential.Tables}
            where c.customer_id = @customer and c.id > @after and c.deleted_at is null
                and (not @onlyValid or (coalesce(s.state, 'active') = 'active' and c.not_before <= @now and c.not_after > @now))
            order by c.id
            limit @take
            """, new { customer, onlyValid, after, take, now = now.UtcDateTime }, cancellationToken: ct))).AsList();
    }

    private static async Task<bool> IsKnownAsync(NpgsqlDataSource db, Guid customer, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists (select 1 from credential where customer_id = @customer)", new { customer }, cancellationToken: ct));
    }
}
