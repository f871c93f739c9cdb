using Npgsql;
using Pechat.DevHost.Servers;

namespace Pechat.DevHost.MainJob;

/// <summary>
/// The number on a login page, which people read off the screen. The scripted phone has no eyes, and the browser may be anybody's, so it
/// looks into the development house's own database.
/// </summary>
internal static class LoginNumber
{
    public static async Task<int> SeeAsync(Layout layout, Guid login, CancellationToken ct)
    {
        Service identity = Service.Named("identity");
        await using NpgsqlDataSource db = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1", Port = layout.PostgresPort, Database = identity.Database, Username = identity.Database,
            Password = Secret.Get(layout, Databases.Secret(identity)), Pooling = false,
        });
        await using NpgsqlCommand command = db.CreateCommand("select number::integer from login where id = $1");
        command.Parameters.Add(new() { Value = login });
        return (int)(await command.ExecuteScalarAsync(ct) ?? throw new StepFailedException("the login page shows no number"));
    }
}
