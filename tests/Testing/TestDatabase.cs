using System.Reflection;
using Dapper;
using Npgsql;
using Pechat.Persistence;

namespace Pechat.Testing;

/// <summary>A fresh migrated database of one service, dropped at the end.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private const string Password = "test";
    private readonly NpgsqlConnectionStringBuilder _server;

    private TestDatabase(NpgsqlConnectionStringBuilder server, string role, string name)
    {
        _server = server;
        Role = role;
        Name = name;
        PasswordFile = Path.Combine(Path.GetTempPath(), $"pechat-{name}.password");
        File.WriteAllText(PasswordFile, Password);
        DataSource = Connect(role);
        Owner = Connect(role + "_owner");
    }

    /// <summary>Connects as the application role.</summary>
    public NpgsqlDataSource DataSource { get; }

    /// <summary>Connects as the owner role.</summary>
    public NpgsqlDataSource Owner { get; }

    /// <summary>Name of the database.</summary>
    public string Name { get; }

    /// <summary>The application role; the owner role has <c>_owner</c> behind it.</summary>
    public string Role { get; }

    /// <summary>File with the password of both roles.</summary>
    public string PasswordFile { get; }

    /// <summary>Host of the server.</summary>
    public string Host => _server.Host!;

    /// <summary>Port of the server.</summary>
    public int Port => _server.Port;

    /// <summary>Section <c>Database</c> of the service's configuration.</summary>
    public object Section => new
    {
        Host, Port, Name, User = Role, PasswordFile, MigrationUser = Role + "_owner", MigrationPasswordFile = PasswordFile,
    };

    /// <summary>Makes the roles when they are missing, the database, and runs the migrations.</summary>
    /// <param name="service">Name in kebab case.</param>
    /// <param name="assembly">With the embedded scripts.</param>
    public static async Task<TestDatabase> CreateAsync(string service, Assembly assembly)
    {
        TestDatabase database = await CreateEmptyAsync(service);
        await Migrations.ApplyAsync(database.Owner, database.Role, assembly, CancellationToken.None);
        return database;
    }

    /// <summary>The same without migrations.</summary>
    public static async Task<TestDatabase> CreateEmptyAsync(string service)
    {
        var server = new NpgsqlConnectionStringBuilder(TestServers.Need("PECHAT_TEST_POSTGRES"));
        string role = service.Replace('-', '_');
        string name = $"test_{role}_{Guid.NewGuid():N}"[..40];
        await using (var connection = new NpgsqlConnection(server.ConnectionString))
        {
            await connection.OpenAsync();
            await connection.ExecuteAsync("select pg_advisory_lock(4711)"); // roles belong to the whole server
            foreach (string wanted in new[] { role, role + "_owner" })
            {
                if (await connection.ExecuteScalarAsync<int>("select count(*) from pg_roles where rolname = @wanted", new { wanted }) == 0)
                    await connection.ExecuteAsync($"create role {wanted} login password '{Password}'");
                else
                    await connection.ExecuteAsync($"alter role {wanted} login password '{Password}'");
            }
            await connection.ExecuteAsync("select pg_advisory_unlock(4711)");
            await connection.ExecuteAsync($"create database {name} owner {role}_owner");
        }
        return new TestDatabase(server, role, name);
    }

    /// <summary>Ends the service's connections, as a restart of the server would.</summary>
    public async Task DropConnectionsAsync()
    {
        await using var connection = new NpgsqlConnection(_server.ConnectionString);
        await connection.OpenAsync();
        await connection.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where datname = @Name", new { Name });
    }

    /// <summary>Whether new connections are let in; without them running ones are ended as well.</summary>
    public async Task SetReachableAsync(bool reachable)
    {
        await using (var connection = new NpgsqlConnection(_server.ConnectionString))
        {
            await connection.OpenAsync();
            await connection.ExecuteAsync($"alter database {Name} with allow_connections {reachable}");
        }
        if (!reachable)
            await DropConnectionsAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        await Owner.DisposeAsync();
        await using var connection = new NpgsqlConnection(_server.ConnectionString);
        await connection.OpenAsync();
        await connection.ExecuteAsync($"drop database {Name} with (force)");
        File.Delete(PasswordFile);
    }

    private NpgsqlDataSource Connect(string user)
    {
        Database.MapNames();
        return NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_server.ConnectionString)
        {
            Database = Name, Username = user, Password = Password, MaxPoolSize = 30, IncludeErrorDetail = true,
        }.ConnectionString);
    }
}
