using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;

namespace Pechat.Identity.Verification;

/// <summary>Where an identity verification stands.</summary>
internal static class GetVerification
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/verifications/{id:guid}", Handle).RequireAccess(OAuth.Scopes.Enrolment, OAuth.Scopes.Device);

    internal static async Task<RequestVerification.Response> Handle(Guid id, ClaimsPrincipal user, NpgsqlDataSource db, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var (state, reason, capture, until) = await connection.QuerySingleOrDefaultAsync<(string? State, string? Reason, string? Capture, DateTime? Until)>(new CommandDefinition(
            "select state, reason, capture_url, clarify_until from verification where id = @id and customer_id = @customer", new { id, customer = user.CustomerId() }, cancellationToken: ct));
        return state is null
            ? throw FaultException.NotFound("unknown_verification", "there is no such verification")
            : new(id, Public(state), reason, state == "Started" ? capture : null, state == "SuspendedUntilClarification" ? until : null);
    }

    /// <summary>The name of an SM-3 state on this interface.</summary>
    internal static string Public(string state) => state switch
    {
        "Positive" => "positive",
        "Negative" => "negative",
        "SuspendedUntilClarification" => "suspended",
        "Abandoned" => "abandoned",
        "Failed" => "failed",
        _ => "pending",
    };
}
