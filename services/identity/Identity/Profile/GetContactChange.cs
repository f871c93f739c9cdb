using Dapper;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Identity.V1;
using Pechat.Hosting;

namespace Pechat.Identity.Profile;

internal sealed partial class CustomerDirectoryService
{
    private sealed record ChangeRow(Guid CustomerId, string Channel, string OldValue, string NewValue);

    /// <summary>A confirmed change of a contact, so that the old and the new one can be told.</summary>
    [Callers("notifications")]
    public override async Task<ContactChange> GetContactChange(GetContactChangeRequest request, ServerCallContext context)
    {
        Guid id = ReadId(request.ChangeId, "change_id");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(context.CancellationToken);
        ChangeRow row = await connection.QuerySingleOrDefaultAsync<ChangeRow>(new CommandDefinition(
            "select customer_id, channel, old_value, new_value from contact_change where id = @id and confirmed_at is not null",
            new { id }, cancellationToken: context.CancellationToken))
            ?? throw FaultException.NotFound("unknown_change", "there is no such change");
        return new() { CustomerId = row.CustomerId.ToString(), Channel = row.Channel, OldContact = row.OldValue, NewContact = row.NewValue };
    }
}
