using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using Pechat.Hosting;

namespace Pechat.Billing.Units;

/// <summary>What the customer has left.</summary>
internal static class GetEntitlements
{
    /// <summary>One package; <c>Remaining</c> is absent when unlimited.</summary>
    internal sealed record Item(string Package, int? Remaining, bool Unlimited, DateTimeOffset ValidUntil);

    /// <summary>The sum over limited packages, whether an unlimited one is active, and each of them, soonest end first.</summary>
    internal sealed record Response(int Remaining, bool Unlimited, IReadOnlyList<Item> Items);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/entitlements", Handle).RequireAccess("device", "portal").AllowPeers("portal");

    internal static async Task<Ok<Response>> Handle(ClaimsPrincipal user, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var balances = await Ledger.BalancesAsync(connection, null, user.CustomerId(), clock.GetUtcNow(), ct);
        return TypedResults.Ok(new Response(
            balances.Sum(b => b.Left ?? 0), balances.Any(b => b.Left is null),
            [.. balances.Select(b => new Item(b.Package, b.Left, b.Left is null, b.ValidUntil))]));
    }
}
