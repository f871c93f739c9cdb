using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.Devices;
using Pechat.Identity.History;
using Pechat.Identity.OAuth;
using Pechat.Persistence;

namespace Pechat.Identity.Profile;

/// <summary>The customer accepts the general terms, named by the hash of the very text that was shown. Again changes nothing.</summary>
internal static class AcceptTerms
{
    internal sealed record Request(string? Version, string? Sha256);
    internal sealed record Response(string State);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/me/terms", Handle).RequireAccess(Scopes.Enrolment, Scopes.Device, Scopes.Portal).AllowPeers("portal");

    internal static async Task<Response> Handle(
        Request request, ClaimsPrincipal user, NpgsqlDataSource db, ProfileActivation activation, TimeProvider clock, CancellationToken ct)
    {
        Terms terms = Terms.WithHash(request.Sha256 ?? "") is { } found && found.Version == request.Version
            ? found : throw FaultException.Conflict("terms_changed", $"version {Terms.CurrentVersion} of the terms is in force; show it and ask again");
        await ActiveDevice.ThrowUnlessActiveAsync(db, user, ct);
        Guid customer = user.CustomerId();
        DateTimeOffset now = clock.GetUtcNow();
        return await db.InTransactionAsync(async tx =>
        {
            string? state = await tx.Connection!.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
                "select state from customer where id = @customer for update", new { customer }, tx, cancellationToken: ct));
            if (state is null or "Closed")
                throw FaultException.Conflict("illegal_state", "the profile is closed");
            int added = await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                insert into terms_acceptance (customer_id, version, sha256, language, accepted_at)
                values (@customer, @Version, @Sha256, @Language, @now) on conflict do nothing
                """, new { customer, terms.Version, terms.Sha256, terms.Language, now }, tx, cancellationToken: ct));
            if (added == 1)
                await HistoryLog.AddAsync(tx, customer, "terms.accepted", HistoryLog.ActorOf(user), new { terms.Version, terms.Sha256, terms.Language }, now, ct);
            return new Response(await activation.TryAsync(tx, customer, now, ct) ? "Active" : state);
        }, ct);
    }
}
