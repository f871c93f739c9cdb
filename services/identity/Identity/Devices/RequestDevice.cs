using System.Security.Claims;
using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Hosting.Jose;
using Pechat.Identity.OAuth;
using Pechat.Identity.Verification;
using Pechat.Persistence;

namespace Pechat.Identity.Devices;

/// <summary>
/// A new phone whose holder has confirmed the contacts asks the other phones to endorse it (SM-2 PendingBinding, R-122, AC-150). What they
/// endorse is its very key; nobody else's word is needed then.
/// </summary>
internal static class RequestDevice
{
    internal const int MaxRequestsPerHour = 5;

    internal sealed record Request(Guid DeviceId, JsonElement PublicKey, string? Name, string? Platform);
    internal sealed record Response(Guid DeviceId, string State, DateTimeOffset ExpiresAt);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/devices/requests", Handle).RequireAccess(Scopes.Enrolment);
        routes.MapGet("/devices/requests/{id:guid}", Read).RequireAccess(Scopes.Enrolment);
    }

    internal static async Task<IResult> Handle(
        Request request, ClaimsPrincipal user, HttpContext context, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        string name = BindDevice.ReadName(request.DeviceId, request.Name, request.Platform);
        EcPublicKey key = RequestVerification.ReadKey(request.PublicKey);
        DateTimeOffset now = clock.GetUtcNow();
        await db.InTransactionAsync(tx => AddAsync(tx, new
        {
            device = request.DeviceId,
            customer = user.CustomerId(),
            key = key.Json,
            jkt = key.Thumbprint,
            name,
            platform = request.Platform ?? "",
            place = Visitor.Place(context),
            now,
            hour = now.AddHours(-1),
        }, ct), ct);
        return Results.Created($"/identity/v1/devices/requests/{request.DeviceId}", new Response(request.DeviceId, "pending", now + BindDevice.BindingLifetime));
    }

    internal static async Task<Response> Read(Guid id, ClaimsPrincipal user, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var (state, endorsed, createdAt) = await connection.QuerySingleOrDefaultAsync<(string?, bool, DateTime)>(new CommandDefinition(
            "select state, endorsement is not null, created_at from device where id = @id and customer_id = @customer", new { id, customer = user.CustomerId() }, cancellationToken: ct));
        DateTimeOffset expires = createdAt + BindDevice.BindingLifetime;
        return new(id, state switch
        {
            null => throw FaultException.NotFound("unknown_device", "there is no such device"),
            "PendingBinding" => expires <= clock.GetUtcNow() ? "expired" : endorsed ? "endorsed" : "pending",
            "Active" or "PinLocked" => "bound",
            "Expired" => "expired",
            _ => "detached",
        }, expires);
    }

    private static async Task AddAsync(NpgsqlTransaction tx, object row, CancellationToken ct)
    {
        NpgsqlConnection connection = tx.Connection!;
        string? state = await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            "select state from customer where id = @customer for update", row, tx, cancellationToken: ct));
        if (state == "Locked")
            throw FaultException.Conflict("profile_locked", "the profile is locked; unlock it first");
        var (active, recent) = await connection.QuerySingleAsync<(long, long)>(new CommandDefinition("""
            select count(*) filter (where state = 'Active'), count(*) filter (where created_at > @hour and verification_id is null)
            from device where customer_id = @customer
            """, row, tx, cancellationToken: ct));
        if (state != "Active" || active == 0)
            throw FaultException.Conflict("no_device", "no other device can confirm; verify identity instead");
        if (recent >= MaxRequestsPerHour)
            throw FaultException.Exhausted("too_many_requests", $"{MaxRequestsPerHour} devices asked within an hour; try again later");
        int added = await connection.ExecuteAsync(new CommandDefinition("""
            insert into device (id, customer_id, public_key, jkt, name, platform, state, place, created_at)
            values (@device, @customer, @key, @jkt, @name, @platform, 'PendingBinding', @place, @now)
            on conflict do nothing
            """, row, tx, cancellationToken: ct));
        if (added == 1)
            return;
        string? own = await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            "select state from device where id = @device and customer_id = @customer and jkt = @jkt", row, tx, cancellationToken: ct));
        if (own != "PendingBinding") // asked twice otherwise
            throw FaultException.Conflict("device_exists", "the device or its key was used before; make a new key");
    }
}
