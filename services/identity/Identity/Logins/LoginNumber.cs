using System.Security.Cryptography;
using Dapper;
using Npgsql;

namespace Pechat.Identity.Logins;

/// <summary>
/// Number matching: the login page shows one number, the phone shows three, and only who sees the page knows which one to pick. A
/// customer who confirms a stranger's login by habit ends it instead, two times out of three. A login without a page has no number.
/// </summary>
internal static class LoginNumber
{
    internal const int Choices = 3;
    private const int Least = 10, Most = 99; // two digits, so that nobody wonders about a leading zero

    /// <summary>Gives a number to a login that has just been added.</summary>
    internal static async Task<bool> AssignAsync(NpgsqlTransaction tx, Guid login, CancellationToken ct)
    {
        short[] all = [.. Enumerable.Range(Least, Most - Least + 1).Select(n => (short)n)];
        RandomNumberGenerator.Shuffle(all.AsSpan());
        short[] choices = all[..Choices];
        return await tx.Connection!.ExecuteAsync(new CommandDefinition("update login set number = @number, number_choices = @choices where id = @login",
            new { login, choices, number = choices[RandomNumberGenerator.GetInt32(Choices)] }, tx, cancellationToken: ct)) == 1;
    }

    /// <summary>The number that the page of a login shows; null when it has none.</summary>
    internal static async Task<short?> OfAsync(NpgsqlDataSource db, Guid login, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<short?>(new CommandDefinition("select number from login where id = @login", new { login }, cancellationToken: ct));
    }
}
