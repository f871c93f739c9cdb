using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.Devices;
using Pechat.Persistence;

namespace Pechat.Identity.OAuth;

/// <summary>Ends one of the customer's own sessions with all its tokens, everywhere, before it answers.</summary>
internal static class EndSession
{
    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete("/sessions/{id:guid}", Handle).RequireAccess(Scopes.Device, Scopes.Portal).AllowPeers("portal");

    internal static async Task<IResult> Handle(
        Guid id, ClaimsPrincipal user, NpgsqlDataSource db, ClientSessions sessions, TokenLookup tokens, CancellationToken ct)
    {
        Guid customer = user.CustomerId();
        await ActiveDevice.ThrowUnlessActiveAsync(db, user, ct);
        await db.InTransactionAsync(async tx =>
        {
            bool own = await tx.Connection!.ExecuteScalarAsync<bool>(new CommandDefinition(
                "select exists (select 1 from session where id = @id and customer_id = @customer)", new { id, customer }, tx, cancellationToken: ct));
            return own ? await sessions.RevokeAsync(tx, id, ct) : throw FaultException.NotFound("unknown_session", "there is no such session");
        }, ct);
        await tokens.UntilKnownAsync(ct);
        return Results.NoContent();
    }
}
