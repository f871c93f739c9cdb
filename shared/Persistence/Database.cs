using Dapper;
using Npgsql;
using Pechat.Hosting;

namespace Pechat.Persistence;

/// <summary>The service's database and its transactions.</summary>
public static class Database
{
    /// <summary>Adds the <see cref="NpgsqlDataSource"/> of section <c>Database</c> and a readiness check.</summary>
    /// <param name="builder">The builder of Program.cs.</param>
    /// <param name="name">How the connections are named on the server.</param>
    public static WebApplicationBuilder AddDatabase(this WebApplicationBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        MapNames();
        builder.Services.AddValidatedOptions<DatabaseOptions>("Database");
        builder.Services.AddSingleton(services =>
        {
            var options = services.GetRequiredService<DatabaseOptions>();
            return options.Connect(name, options.User, options.PasswordFile, options.MaxConnections);
        });
        return builder.AddReadiness("database", async (services, ct) =>
        {
            await using NpgsqlCommand command = services.GetRequiredService<NpgsqlDataSource>().CreateCommand("select 1");
            await command.ExecuteScalarAsync(ct);
        });
    }

    /// <summary>Runs <paramref name="work"/> in one transaction, which commits when the work returns and rolls back when it throws.</summary>
    /// <returns>What the work returned.</returns>
    public static async Task<T> InTransactionAsync<T>(this NpgsqlDataSource db, Func<NpgsqlTransaction, Task<T>> work, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(db);
        ArgumentNullException.ThrowIfNull(work);
        using OutboxSignal.Scope scope = OutboxSignal.Begin();
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await using NpgsqlTransaction tx = await connection.BeginTransactionAsync(ct);
        T result = await work(tx);
        await tx.CommitAsync(ct);
        scope.Committed();
        return result;
    }

    /// <summary>Runs <paramref name="work"/> in one transaction, which commits when the work returns and rolls back when it throws.</summary>
    public static Task InTransactionAsync(this NpgsqlDataSource db, Func<NpgsqlTransaction, Task> work, CancellationToken ct) =>
        db.InTransactionAsync(
            async tx =>
            {
                await work(tx);
                return 0;
            },
            ct);

    /// <summary>Lets Dapper read <c>snake_case</c> columns into PascalCase members.</summary>
    public static void MapNames() => DefaultTypeMap.MatchNamesWithUnderscores = true;
}
