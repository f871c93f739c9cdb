using System.Security.Claims;
using Dapper;
using Google.Protobuf;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.MerkleLog;

namespace Pechat.Signing.Requests;

/// <summary>What the tamper-evident log of the activation module proves.</summary>
internal interface ISignatureLog
{
    Task<GetTransactionProofReply> ProveTransactionAsync(Guid transaction, Guid owner, CancellationToken ct);

    Task<GetConsistencyProofReply> ProveGrowthAsync(long from, long to, CancellationToken ct);
}

internal sealed class SignatureLogClient(SignatureLog.SignatureLogClient log) : ISignatureLog
{
    public Task<GetTransactionProofReply> ProveTransactionAsync(Guid transaction, Guid owner, CancellationToken ct) => log.GetTransactionProofAsync(
        new GetTransactionProofRequest { TransactionId = transaction.ToString(), OwnerId = owner.ToString() }, cancellationToken: ct).ResponseAsync;

    public Task<GetConsistencyProofReply> ProveGrowthAsync(long from, long to, CancellationToken ct) => log.GetConsistencyProofAsync(
        new GetConsistencyProofRequest { FromSize = from, ToSize = to }, cancellationToken: ct).ResponseAsync;
}

/// <summary>
/// Proofs for the signer, checked offline by anybody with the log's public key: that everything about his transaction stands in the log, and that the
/// log only grew since a checkpoint he has kept.
/// </summary>
internal static class GetSignatureProof
{
    /// <summary>A <see cref="LogProof"/>, and the log's key for a first look; a verifier takes the key from elsewhere.</summary>
    internal sealed record Response(string Checkpoint, IReadOnlyList<ProvenEntry> Entries, string PublicKey);

    /// <summary>A <see cref="GrowthProof"/>, and the log's key.</summary>
    internal sealed record GrowthResponse(string From, string To, IReadOnlyList<string> Path, string PublicKey);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/signatures/{id:guid}/proof", Handle);
        routes.MapGet("/signatures/log", HandleGrowth);
    }

    internal static async Task<Ok<Response>> Handle(Guid id, ClaimsPrincipal user, NpgsqlDataSource db, ISignatureLog log, CancellationToken ct)
    {
        Guid customer = user.CustomerId();
        await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
        {
            if (!await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
                "select exists (select from signing_transaction where id = @id and customer_id = @customer)", new { id, customer }, cancellationToken: ct)))
                throw FaultException.NotFound("unknown_signature", "there is no such transaction");
        }
        GetTransactionProofReply proof = await log.ProveTransactionAsync(id, customer, ct); // the module looks at the owner itself
        return TypedResults.Ok(new Response(
            proof.Note,
            [.. proof.Entries.Select(entry => new ProvenEntry(entry.Index, entry.Content, Base64(entry.Path)))],
            proof.PublicKey.ToBase64()));
    }

    internal static async Task<Ok<GrowthResponse>> HandleGrowth(long from, long? to, ISignatureLog log, CancellationToken ct)
    {
        GetConsistencyProofReply proof = await log.ProveGrowthAsync(from, to ?? 0, ct);
        return TypedResults.Ok(new GrowthResponse(proof.FromNote, proof.ToNote, Base64(proof.Path), proof.PublicKey.ToBase64()));
    }

    private static string[] Base64(IEnumerable<ByteString> hashes) => [.. hashes.Select(hash => hash.ToBase64())];
}
