using Dapper;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Identity.V1;
using Pechat.Hosting;

namespace Pechat.Identity.Profile;

internal sealed partial class CustomerDirectoryService
{
    private sealed record DeviceRow(Guid Id, Guid CustomerId, string PublicKey, bool Active);

    /// <summary>The key and state of a bound device.</summary>
    [Callers("registration")]
    public override async Task<DeviceKey> GetDeviceKey(GetDeviceKeyRequest request, ServerCallContext context)
    {
        Guid id = ReadId(request.DeviceId, "device_id");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(context.CancellationToken);
        DeviceRow row = await connection.QuerySingleOrDefaultAsync<DeviceRow>(new CommandDefinition(
            "select id, customer_id, public_key, state = 'Active' as active from device where id = @id and bound_at is not null",
            new { id }, cancellationToken: context.CancellationToken))
            ?? throw FaultException.NotFound("unknown_device", "there is no such device");
        return new() { DeviceId = row.Id.ToString(), CustomerId = row.CustomerId.ToString(), PublicKey = row.PublicKey, Active = row.Active };
    }
}
