using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.Devices;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.Profile;

/// <summary>The profile identifier and the code of these 30 seconds, for the phone to show .</summary>
internal static class GetProfileCode
{
    internal sealed record Response(string ProfileId, string Code, DateTimeOffset ValidUntil);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/me/code", Handle).RequireAccess(Scopes.Device);

    internal static async Task<Response> Handle(ClaimsPrincipal user, HttpContext context, NpgsqlDataSource db, ProfileCodes codes, TimeProvider clock, CancellationToken ct)
    {
        await ActiveDevice.OfAsync(db, user, ct);
        Guid customer = user.CustomerId();
        long step = ProfileCodes.StepOf(clock.GetUtcNow());
        context.Response.Headers.CacheControl = "no-store";
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        // Whoever never had a number gets one; of two calls at once one gives it. One that is taken already is not given, and asking again helps.
        string? number = await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition("""
            update customer set profile_number = coalesce(profile_number, @fresh)
            where id = @customer and state = 'Active' and (profile_number is not null or not exists (select 1 from customer where profile_number = @fresh))
            returning profile_number
            """, new { customer, fresh = ProfileCodes.NewNumber() }, cancellationToken: ct));
        return number is null
            ? throw FaultException.Conflict("illegal_state", "the profile is not active")
            : new(number, codes.CodeOf(customer, step), DateTimeOffset.FromUnixTimeSeconds((step + 1) * (long)ProfileCodes.Step.TotalSeconds));
    }
}
