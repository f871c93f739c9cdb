using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;

namespace Pechat.Identity.OAuth;

/// <summary>
/// A client links one of its accounts to the customer who has logged in to it, so that it can name the account in an <c>account_token</c>
/// from then on. Another customer's account is not taken over.
/// </summary>
internal static class LinkAccount
{
    private const int MaxLength = 255;

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPut("/accounts/{account}", Handle).RequireAccess(Scopes.Service);

    internal static async Task<IResult> Handle(string account, ClaimsPrincipal user, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        if (account.Length > MaxLength)
            throw FaultException.Invalid("invalid_request", $"an account has at most {MaxLength} characters");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        int linked = await connection.ExecuteAsync(new CommandDefinition("""
            insert into client_account as a (client_id, account_id, customer_id, linked_at) values (@client, @account, @customer, @now)
            on conflict (client_id, account_id) do update set linked_at = a.linked_at where a.customer_id = excluded.customer_id
            """, new { client = user.ClientId(), account, customer = user.CustomerId(), now = clock.GetUtcNow() }, cancellationToken: ct));
        return linked == 1 ? Results.NoContent() : throw FaultException.Conflict("account_taken", "the account is linked to another customer");
    }
}
