using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.OAuth;
using Pechat.Persistence;

namespace Pechat.Identity.Profile;

/// <summary>
/// Opens a profile that its holder locked (SM-1): contacts were confirmed (the enrolment token), and identity was verified after the lock.
/// What staff has locked, staff opens.
/// </summary>
internal static class UnlockProfile
{
    internal sealed record Request(Guid VerificationId);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/me/unlock", Handle).RequireAccess(Scopes.Enrolment);

    internal static async Task<IResult> Handle(Request request, ClaimsPrincipal user, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        Guid customer = user.CustomerId();
        DateTimeOffset now = clock.GetUtcNow();
        await db.InTransactionAsync(async tx =>
        {
            var (state, by) = await tx.Connection!.QuerySingleOrDefaultAsync<(string?, string?)>(new CommandDefinition(
                "select state, locked_by from customer where id = @customer for update", new { customer }, tx, cancellationToken: ct));
            if (state is "Active" or "Identified")
                return; // asked twice
            if (state != "Locked")
                throw FaultException.Conflict("illegal_state", "the profile is not locked");
            if (by == ProfileLock.ByOffice)
                throw FaultException.Forbidden("locked_by_office", "the provider has locked the profile; please contact us");
            bool verified = await tx.Connection!.ExecuteScalarAsync<bool>(new CommandDefinition("""
                select exists (select 1 from verification v join customer c on c.id = v.customer_id
                    where v.id = @VerificationId and c.id = @customer and v.state = 'Positive' and v.created_at > c.locked_at)
                """, new { request.VerificationId, customer }, tx, cancellationToken: ct));
            if (!verified)
                throw FaultException.Forbidden("not_verified", "there is no positive verification that began after the lock");
            await ProfileLock.UnlockAsync(tx, customer, ProfileLock.ByCustomer, "customer", new { request.VerificationId }, now, ct);
        }, ct);
        return Results.NoContent();
    }
}
