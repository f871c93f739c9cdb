using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Signing.Csc;

namespace Pechat.Signing.Documents;

/// <summary>How far a transaction over files got, as an answer of signDoc or signPolling.</summary>
internal sealed class SignedFiles(NpgsqlDataSource db)
{
    /// <summary>The result, the refusal by which it ended, or null while it is open.</summary>
    internal async Task<IResult?> ResultAsync(Guid transactionId, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        string? state = await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            "select state from signing_transaction where id = @transactionId", new { transactionId }, cancellationToken: ct));
        switch (state)
        {
            case "completed":
                ILookup<bool, byte[]> files = (await connection.QueryAsync<(bool IsDetached, byte[] Signed)>(new CommandDefinition(
                    "select media_type = @DetachedType, signed from document where transaction_id = @transactionId order by position",
                    new { transactionId, PreparedFile.DetachedType }, cancellationToken: ct))).ToLookup(file => file.IsDetached, file => file.Signed);
                return CscResults.Ok(new SignatureResponse { Documents = ListOrNull(files[false]), Objects = ListOrNull(files[true]) }, CscJson.Default.Signatures);
            case "rejected":
                throw FaultException.Invalid("access_denied", "The signer declined the request");
            case "expired":
                throw FaultException.Invalid("access_denied", "The signer did not confirm the request in time");
            case "failed":
                return CscResults.Error(StatusCodes.Status500InternalServerError, "server_error", "The confirmed signature could not be made");
            default:
                return null;
        }
    }

    private static List<byte[]>? ListOrNull(IEnumerable<byte[]> files) => files.Any() ? files.AsList() : null;
}
