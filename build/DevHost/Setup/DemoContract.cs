using Npgsql;

namespace Pechat.DevHost.Setup;

/// <summary>
/// The demonstration relying party pays for its customers (S1-15), so that any number of signatures can be tried after the three free ones
/// of a customer; an operator enters such a contract in the same way.
/// </summary>
internal static class DemoContract
{
    internal const string Client = "demo-app";

    public static async Task EnterAsync(string superuser, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(superuser) { Database = Service.Named("billing").Database }.ConnectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand("insert into client_contract (client_id, may_pay) values ($1, true) on conflict do nothing", connection)
        {
            Parameters = { new() { Value = Client } },
        };
        await command.ExecuteNonQueryAsync(ct);
    }
}
