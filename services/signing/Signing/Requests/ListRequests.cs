using System.Buffers.Text;
using System.Security.Claims;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using Pechat.Hosting;
using Pechat.Signing.Credentials;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Requests;

/// <summary>What waits for the signer: all that the phone shows and that its activation must repeat.</summary>
internal static class ListRequests
{
    internal const int MaxRequests = 100;

    internal sealed record Client(string Id, string Name);
    internal sealed record Document(string Name, string Digest, string HashAlgorithm);
    internal sealed record Certificate(string Serial, string Subject);
    internal sealed record Cost(int Units, string Payer);
    internal sealed record Response(
        Guid TransactionId, Client Client, string Description, IReadOnlyList<Document> Documents, string Kind, Guid CredentialId, Certificate Certificate,
        Cost Cost, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, string Challenge, string Displayed);

    private sealed record Holder(string Serial, byte[] CertificateDer);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/requests", Handle);

    internal static async Task<Ok<Response[]>> Handle(
        ClaimsPrincipal user, NpgsqlDataSource db, SigningOptions options, TimeProvider clock, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        IEnumerable<Response> waiting = await connection.QueryAsync<SigningTransaction, Holder, Response>(new CommandDefinition($"""
            select {SigningTransaction.Columns}, c.serial, c.certificate as certificate_der
            from signing_transaction t join credential c on c.id = t.credential_id
            where t.customer_id = @customer and t.state = 'pending' and t.expires_at > @now
            order by t.created_at
            limit {MaxRequests}
            """, new { customer = user.CustomerId(), now = clock.GetUtcNow().UtcDateTime }, cancellationToken: ct),
            (transaction, holder) => Present(transaction, holder, options), splitOn: "serial");
        return TypedResults.Ok(waiting.ToArray());
    }

    private static Response Present(SigningTransaction transaction, Holder holder, SigningOptions options) => new(
        transaction.Id,
        new Client(transaction.ClientId, options.NameOf(transaction.ClientId)),
        transaction.Description,
        [.. transaction.Digests.Select((digest, i) => new Document(transaction.Names[i], Base64Url.EncodeToString(digest), transaction.HashAlgorithm))],
        transaction.Kind,
        transaction.CredentialId,
        new Certificate(holder.Serial, Rfc4514.Render(Pki.Certificate.Parse(holder.CertificateDer).Subject.Encoded)),
        new Cost(transaction.Digests.Length, transaction.Payer),
        new DateTimeOffset(transaction.CreatedAt, TimeSpan.Zero),
        new DateTimeOffset(transaction.ExpiresAt, TimeSpan.Zero),
        transaction.Challenge,
        Base64Url.EncodeToString(transaction.Displayed));
}
