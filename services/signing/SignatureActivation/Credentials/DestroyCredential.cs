using Dapper;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.SignatureActivation.Credentials;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation;

internal sealed partial class ActivationModuleService
{
    private const int MaxReason = 200;

    /// <summary>Destroys a user's key for ever; a repeated call answers the first destruction.</summary>
    /// <remarks>Other processes drop their handles within <see cref="EvictDestroyedKeys.Period"/>, and refuse to sign at once.</remarks>
    [Callers("registration", "signing")]
    public override Task<DestroyCredentialReply> DestroyCredential(DestroyCredentialRequest request, ServerCallContext context) =>
        AnswerAsync(() => DestroyAsync(request, context.CancellationToken));

    private async Task<DestroyCredentialReply> DestroyAsync(DestroyCredentialRequest request, CancellationToken ct)
    {
        Guid credentialId = ParseId(request.CredentialId, "credential_id"), owner = ParseId(request.OwnerId, "owner_id");
        if (request.Reason.Length is 0 or > MaxReason)
            throw FaultException.Invalid("invalid_request", $"reason must have 1 to {MaxReason} characters");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        if (await CredentialRow.FindAsync(connection, credentialId, ct) is not { } credential || credential.OwnerId != owner)
            throw FaultException.NotFound("unknown_credential", "the owner has no such credential");
        if (!credential.IsDestroyed)
        {
            // Step 1: the record, then the erasure; a trigger empties the wrapped key in the transaction that records the destruction.
            DateTimeOffset now = CutToMicroseconds(clock.GetUtcNow());
            byte[] mac = await module.BindAsync(new MacInput("destruction.1").Add(credentialId).Add(owner).Add(credential.PublicKey).Add(request.Reason).Add(now), ct);
            await audit.WriteAsync("key.destroying", new { credentialId, owner, request.Reason });
            await connection.ExecuteAsync(new CommandDefinition("""
                insert into destruction (credential_id, reason, destroyed_at, mac) values (@credentialId, @Reason, @now, @mac) on conflict do nothing
                """, new { credentialId, request.Reason, now, mac }, cancellationToken: ct));
        }
        // Step 2: the unwrapped handle, and the evidence; both again if a process died before.
        await userKeys.EvictAsync(credentialId);
        (DateTime destroyedAt, byte[] evidence) = await connection.QuerySingleAsync<(DateTime, byte[])>(
            "select destroyed_at, mac from destruction where credential_id = @credentialId", new { credentialId });
        await audit.WriteAsync("key.destroyed", new
        {
            credentialId, owner, destroyedAt, PublicKey = Convert.ToHexString(credential.PublicKey), Evidence = Convert.ToHexString(evidence),
        });
        return new DestroyCredentialReply { DestroyedAt = destroyedAt.ToTimestamp() };
    }

    private static FaultException CredentialDestroyed() => FaultException.Conflict("credential_destroyed", "the key was destroyed");
}
