using System.Security.Claims;
using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Hosting;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.History;

/// <summary>The record of everything that happens to a profile: the application can only add to it.</summary>
internal static class HistoryLog
{
    /// <summary>The actor of what no person did.</summary>
    internal const string System = "system";

    /// <summary>Adds an entry to the transaction of what it tells.</summary>
    /// <param name="tx">The transaction.</param>
    /// <param name="customer">Whose profile.</param>
    /// <param name="kind">Noun and past participle, e.g. <c>device.bound</c>.</param>
    /// <param name="actor">Who, see <see cref="ActorOf"/>.</param>
    /// <param name="detail">What serialises to a JSON object; no personal number, contacts only masked.</param>
    /// <param name="at">When, UTC.</param>
    /// <param name="ct">Ends the command.</param>
    /// <param name="visible">Whether the customer sees it.</param>
    internal static Task AddAsync(
        NpgsqlTransaction tx, Guid customer, string kind, string actor, object detail, DateTimeOffset at, CancellationToken ct, bool visible = true) =>
        tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into history (id, customer_id, at, kind, actor, detail, visible) values (@id, @customer, @at, @kind, @actor, @detail::jsonb, @visible)
            """, new { id = Guid.CreateVersion7(at), customer, at, kind, actor, detail = JsonSerializer.Serialize(detail, JsonSerializerOptions.Web), visible },
            tx, cancellationToken: ct));

    /// <summary>Who stands behind a token.</summary>
    internal static string ActorOf(ClaimsPrincipal user) =>
        user.DeviceId() is { } device ? $"device {device}" : user.HasScope(Scopes.Enrolment) ? "customer" : $"client {user.ClientId()}";
}
