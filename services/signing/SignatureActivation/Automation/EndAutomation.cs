using Dapper;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.SignatureActivation.Automation;

namespace Pechat.SignatureActivation;

internal sealed partial class ActivationModuleService
{
    /// <summary>Ends an automation; what it activated before stays activated until it expires. Idempotent.</summary>
    [Callers("identity", "signing")]
    public override Task<EndAutomationReply> EndAutomation(EndAutomationRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        CancellationToken ct = context.CancellationToken;
        Guid owner = ParseId(request.OwnerId, "owner_id"), automationId = ParseId(request.AutomationId, "automation_id");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        if (await AutomationRow.FindAsync(connection, automationId, ct) is not { } automation || automation.OwnerId != owner)
            throw FaultException.NotFound("unknown_automation", "the owner has no such automation");
        await audit.WriteAsync("automation.ending", new { owner, automationId });
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into automation_end (automation_id, ended_at) values (@automationId, @now) on conflict do nothing",
            new { automationId, now = clock.GetUtcNow() }, cancellationToken: ct));
        return new EndAutomationReply();
    });
}
