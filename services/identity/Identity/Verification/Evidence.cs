using System.Text.Json;
using Dapper;
using Npgsql;

namespace Pechat.Identity.Verification;

/// <summary>Evidence of a verification (section 10 of the domain reference): what was submitted, checked, answered and decided. Only ever added.</summary>
internal static class Evidence
{
    /// <summary>Adds a piece to the transaction that it proves.</summary>
    /// <param name="tx">The transaction.</param>
    /// <param name="verification">The attempt.</param>
    /// <param name="kind"><c>submitted</c>, <c>examined</c>, <c>clarified</c>, <c>proposed</c>, <c>decided</c> or <c>viewed</c>.</param>
    /// <param name="actor">Who.</param>
    /// <param name="content">What serialises to a JSON object.</param>
    /// <param name="at">When, UTC.</param>
    /// <param name="ct">Ends the command.</param>
    internal static Task AddAsync(NpgsqlTransaction tx, Guid verification, string kind, string actor, object content, DateTimeOffset at, CancellationToken ct) =>
        tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into verification_evidence (id, verification_id, at, kind, actor, content) values (@id, @verification, @at, @kind, @actor, @content::jsonb)
            """, new { id = Guid.CreateVersion7(at), verification, at, kind, actor, content = JsonSerializer.Serialize(content, JsonSerializerOptions.Web) },
            tx, cancellationToken: ct));
}
