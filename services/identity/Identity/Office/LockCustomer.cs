using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.OAuth;
using Pechat.Identity.Profile;
using Pechat.Persistence;

namespace Pechat.Identity.Office;

/// <summary>
/// Staff locks a profile (SM-1 security block, fraud), opens what it has locked once the person was identified again, or closes it, such as
/// for a holder whose phone is lost and profile locked.
/// </summary>
internal static class LockCustomer
{
    internal sealed record Request(string? Reason);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/office/customers/{id:guid}/lock", Lock).RequireAccess(Scopes.Office);
        routes.MapPost("/office/customers/{id:guid}/unlock", Unlock).RequireAccess(Scopes.Office);
        routes.MapPost("/office/customers/{id:guid}/close", Close).RequireAccess(Scopes.Office);
    }

    internal static async Task<IResult> Lock(
        Guid id, Request request, ClaimsPrincipal user, IdentityOptions options, NpgsqlDataSource db, ProfileLock profile, TimeProvider clock, CancellationToken ct)
    {
        Guid officer = Officer.Of(user, options, Officer.SecurityOfficer);
        string reason = Officer.ReadReason(request.Reason);
        await db.InTransactionAsync(async tx =>
        {
            await ThrowUnlessKnownAsync(tx, id, ct);
            await profile.LockAsync(tx, id, ProfileLock.ByOffice, reason, Officer.Actor(officer), clock.GetUtcNow(), ct);
        }, ct);
        return Results.NoContent();
    }

    internal static async Task<IResult> Unlock(
        Guid id, Request request, ClaimsPrincipal user, IdentityOptions options, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        Guid officer = Officer.Of(user, options, Officer.SecurityOfficer, about: id);
        string reason = Officer.ReadReason(request.Reason);
        await db.InTransactionAsync(async tx =>
        {
            await ThrowUnlessKnownAsync(tx, id, ct);
            bool verified = await tx.Connection!.ExecuteScalarAsync<bool>(new CommandDefinition("""
                select exists (select 1 from verification v join customer c on c.id = v.customer_id
                    where c.id = @id and v.state = 'Positive' and v.created_at > c.locked_at)
                """, new { id }, tx, cancellationToken: ct));
            if (!verified)
                throw FaultException.Conflict("not_verified", "the person must be identified again first");
            if (!await ProfileLock.UnlockAsync(tx, id, ProfileLock.ByOffice, Officer.Actor(officer), new { reason }, clock.GetUtcNow(), ct))
                throw FaultException.Conflict("illegal_state", "staff has not locked the profile");
        }, ct);
        return Results.NoContent();
    }

    internal static async Task<IResult> Close(
        Guid id, Request request, ClaimsPrincipal user, IdentityOptions options, NpgsqlDataSource db, ProfileEnd end, CancellationToken ct)
    {
        Guid officer = Officer.Of(user, options, Officer.SecurityOfficer, about: id);
        string reason = Officer.ReadReason(request.Reason);
        await db.InTransactionAsync(tx => ThrowUnlessKnownAsync(tx, id, ct), ct);
        await end.CloseAsync(id, Officer.Actor(officer), reason, ct);
        return Results.NoContent();
    }

    private static async Task ThrowUnlessKnownAsync(NpgsqlTransaction tx, Guid id, CancellationToken ct)
    {
        if (!await tx.Connection!.ExecuteScalarAsync<bool>(new CommandDefinition("select exists (select 1 from customer where id = @id)", new { id }, tx, cancellationToken: ct)))
            throw FaultException.NotFound("unknown_customer", "there is no such profile");
    }
}
