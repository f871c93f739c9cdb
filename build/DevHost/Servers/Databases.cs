using Npgsql;

namespace Pechat.DevHost.Servers;

/// <summary>One database per service, owned by the role that migrates it; the service's own role may only connect.</summary>
internal static class Databases
{
    public static string OwnerSecret(Service service) => $"{service.Name}-database-owner";

    public static string Secret(Service service) => $"{service.Name}-database";

    public static async Task CreateAsync(Layout layout, string superuser, IEnumerable<Service> services, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(superuser);
        await connection.OpenAsync(ct);
        foreach (Service service in services)
        {
            await using (var exists = new NpgsqlCommand("select count(*) from pg_database where datname = $1", connection) { Parameters = { new() { Value = service.Database } } })
            {
                if ((long)(await exists.ExecuteScalarAsync(ct))! == 1)
                    continue;
            }
            // Names are ours and passwords hexadecimal, so nothing needs quoting.
            string name = service.Database;
            foreach ((string role, string secret) in new[] { ($"{name}_owner", OwnerSecret(service)), (name, Secret(service)) })
            {
                await ExecuteAsync(connection, $"drop role if exists {role}", ct);
                await ExecuteAsync(connection, $"create role {role} login password '{Servers.Secret.Get(layout, secret)}'", ct);
            }
            await ExecuteAsync(connection, $"create database {name} owner {name}_owner", ct);
            await ExecuteAsync(connection, $"revoke all on database {name} from public; grant connect on database {name} to {name}", ct);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
#pragma warning disable CA2100 // The text is made of constants and of names in Service.All.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(ct);
    }
}
