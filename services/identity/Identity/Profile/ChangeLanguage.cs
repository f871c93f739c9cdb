using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.Devices;
using Pechat.Identity.History;
using Pechat.Identity.OAuth;
using Pechat.Identity.Registration;
using Pechat.Persistence;

namespace Pechat.Identity.Profile;

/// <summary>Sets the language of what is sent to the customer.</summary>
internal static class ChangeLanguage
{
    internal sealed record Request(string? Language);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPut("/me/language", Handle).RequireAccess(Scopes.Device, Scopes.Portal).AllowPeers("portal");

    internal static async Task<IResult> Handle(Request request, ClaimsPrincipal user, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        if (!StartRegistration.Languages.Contains(request.Language, StringComparer.Ordinal))
            throw FaultException.Invalid("invalid_language", "language must be bg, en or pl");
        await ActiveDevice.ThrowUnlessActiveAsync(db, user, ct);
        Guid customer = user.CustomerId();
        await db.InTransactionAsync(async tx =>
        {
            int changed = await tx.Connection!.ExecuteAsync(new CommandDefinition(
                "update customer set language = @Language where id = @customer and state = 'Active' and language <> @Language", new { customer, request.Language }, tx, cancellationToken: ct));
            if (changed == 1)
                await HistoryLog.AddAsync(tx, customer, "language.changed", HistoryLog.ActorOf(user), new { request.Language }, clock.GetUtcNow(), ct);
        }, ct);
        return Results.NoContent();
    }
}
