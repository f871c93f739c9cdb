using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.Devices;

/// <summary>Gives a device another name.</summary>
internal static class RenameDevice
{
    internal sealed record Request(string? Name);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPut("/devices/{id:guid}", Handle).RequireAccess(Scopes.Device, Scopes.Portal).AllowPeers("portal");

    internal static async Task<IResult> Handle(Guid id, Request request, ClaimsPrincipal user, NpgsqlDataSource db, CancellationToken ct)
    {
        string name = BindDevice.ReadName(id, request.Name, null);
        await ActiveDevice.ThrowUnlessActiveAsync(db, user, ct);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        int renamed = await connection.ExecuteAsync(new CommandDefinition(
            "update device set name = @name where id = @id and customer_id = @customer and state in ('Active', 'PinLocked')",
            new { id, name, customer = user.CustomerId() }, cancellationToken: ct));
        return renamed == 1 ? Results.NoContent() : throw FaultException.NotFound("unknown_device", "there is no such device");
    }
}
