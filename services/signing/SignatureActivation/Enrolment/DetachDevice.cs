using Dapper;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.SignatureActivation.Enrolment;

namespace Pechat.SignatureActivation;

internal sealed partial class ActivationModuleService
{
    /// <summary>Ends a device's authority; what it activated before stays activated until it expires. Idempotent.</summary>
    [Callers("identity")]
    public override Task<DetachDeviceReply> DetachDevice(DetachDeviceRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        CancellationToken ct = context.CancellationToken;
        Guid owner = ParseId(request.OwnerId, "owner_id"), deviceId = ParseId(request.DeviceId, "device_id");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        if (await Device.FindAsync(connection, deviceId, ct) is not { } device || device.OwnerId != owner)
            throw FaultException.NotFound("unknown_device", "the owner has no such device");
        await audit.WriteAsync("device.detaching", new { owner, deviceId });
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into detachment (device_id, detached_at) values (@deviceId, @now) on conflict do nothing",
            new { deviceId, now = clock.GetUtcNow() }, cancellationToken: ct));
        return new DetachDeviceReply();
    });
}
