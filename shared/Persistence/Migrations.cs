using System.Reflection;
using Dapper;
using Npgsql;
using Pechat.Hosting;

namespace Pechat.Persistence;

/// <summary>The migration runner: forward only, one transaction per script, one runner at a time.</summary>
public static class Migrations
{
    private const long LockKey = 0x50454348; // "PECH"; one per database, so one number serves all services

    /// <summary>Runs the migrations when the first argument is <c>migrate</c>, as the owner role of section <c>Database</c>.</summary>
    /// <param name="args">The programme's arguments.</param>
    /// <param name="service">Service name; also the application role, with underscores for hyphens.</param>
    /// <param name="assembly">The assembly with the scripts.</param>
    /// <returns>True when it ran, and the programme shall end.</returns>
    /// <exception cref="ConfigurationException">Section <c>Database</c> is refused.</exception>
    /// <exception cref="MigrationException">An applied script was changed, or the database is newer.</exception>
    public static async Task<bool> RunIfAskedAsync(string[] args, string service, Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(args);
        if (args is not ["migrate", ..])
            return false;
        var configuration = new ConfigurationManager();
        configuration.AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true, reloadOnChange: false);
        configuration.AddEnvironmentVariables().AddCommandLine(args[1..]);
        Defaults.AddConfigurationFile(configuration);
        DatabaseOptions options = ValidatedOptions.Read<DatabaseOptions>(configuration, "Database");
        if (options.MigrationUser is null)
            throw new ConfigurationException(["Database:MigrationUser: is needed to migrate"]);
        await using NpgsqlDataSource owner = options.Connect(service + "-migrate", options.MigrationUser, options.MigrationPasswordFile, maxConnections: 2);
        foreach (string applied in await ApplyAsync(owner, options.User, assembly, CancellationToken.None))
            await Console.Out.WriteLineAsync($"{service}: applied {applied}");
        return true;
    }

    /// <summary>Brings a database up to date.</summary>
    /// <param name="owner">Connects as the owner role.</param>
    /// <param name="applicationRole">The role that gets the use of outbox and inbox.</param>
    /// <param name="assembly">The assembly with the scripts.</param>
    /// <param name="ct">Ends the run between two statements.</param>
    /// <returns>Names of the scripts applied now.</returns>
    /// <exception cref="MigrationException">An applied script was changed, or the database is newer.</exception>
    public static async Task<IReadOnlyList<string>> ApplyAsync(NpgsqlDataSource owner, string applicationRole, Assembly assembly, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(assembly);
        Database.MapNames();
        IReadOnlyList<MigrationScript> scripts = MigrationScript.Of(assembly);
        await using NpgsqlConnection connection = await owner.OpenConnectionAsync(ct);
        // Held by the session until it closes, so a second runner waits here and then finds the work done.
        await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_lock(@LockKey)", new { LockKey }, commandTimeout: 300, cancellationToken: ct));
        try
        {
            await connection.ExecuteAsync(new CommandDefinition(OwnTables.Sql(applicationRole), cancellationToken: ct));
            var applied = (await connection.QueryAsync<Applied>(new CommandDefinition(
                "select number, name, checksum from public.migration order by number", cancellationToken: ct))).AsList();
            Compare(applied, scripts);
            foreach (MigrationScript script in scripts.Skip(applied.Count))
                await RunAsync(connection, script, ct);
            return [.. scripts.Skip(applied.Count).Select(s => s.Name)];
        }
        finally
        {
            await connection.ExecuteAsync("select pg_advisory_unlock(@LockKey)", new { LockKey });
        }
    }

    private static void Compare(IReadOnlyList<Applied> applied, IReadOnlyList<MigrationScript> scripts)
    {
        for (int i = 0; i < applied.Count; i++)
        {
            if (i >= scripts.Count)
                break; // an older programme on a newer schema: allowed while a deployment rolls
            if (applied[i].Name != scripts[i].Name || applied[i].Checksum != scripts[i].Checksum)
                throw new MigrationException($"{scripts[i].Name} differs from {applied[i].Name} as it was applied; add a new script instead");
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, MigrationScript script, CancellationToken ct)
    {
        await using NpgsqlTransaction tx = await connection.BeginTransactionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(script.Sql, transaction: tx, commandTimeout: 600, cancellationToken: ct));
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into public.migration (number, name, checksum) values (@Number, @Name, @Checksum)", script, tx, cancellationToken: ct));
        await tx.CommitAsync(ct);
    }

    private sealed record Applied(int Number, string Name, string Checksum);
}

/// <summary>The scripts do not fit the database.</summary>
/// <param name="message">Which script and what to do.</param>
#pragma warning disable CA1032 // The message is the whole of it.
public sealed class MigrationException(string message) : Exception(message);
#pragma warning restore CA1032
