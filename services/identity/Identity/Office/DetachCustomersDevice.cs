using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.Devices;
using Pechat.Identity.OAuth;
using Pechat.Persistence;

namespace Pechat.Identity.Office;

/// <summary>Staff detaches a device, for a customer who has no other. Again changes nothing.</summary>
internal static class DetachCustomersDevice
{
    internal sealed record Request(string? Reason);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/office/devices/{id:guid}/detach", Handle).RequireAccess(Scopes.Office);

    internal static async Task<IResult> Handle(
        Guid id, Request request, ClaimsPrincipal user, IdentityOptions options, NpgsqlDataSource db, DeviceEnd devices, TimeProvider clock, CancellationToken ct)
    {
        Guid officer = Officer.Of(user, options, Officer.SecurityOfficer);
        string reason = Officer.ReadReason(request.Reason);
        Guid customer;
        await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
        {
            customer = await connection.QuerySingleOrDefaultAsync<Guid?>(new CommandDefinition(
                "select customer_id from device where id = @id and bound_at is not null", new { id }, cancellationToken: ct))
                ?? throw FaultException.NotFound("unknown_device", "there is no such device");
        }
        await devices.RevokeAsync(customer, id, ct); // first where it matters
        await db.InTransactionAsync(tx => DeviceEnd.RecordAsync(tx, customer, id, "Detached", Officer.Actor(officer), reason, clock.GetUtcNow(), ct), ct);
        return Results.NoContent();
    }
}
