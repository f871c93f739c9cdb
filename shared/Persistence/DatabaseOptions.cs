using System.ComponentModel.DataAnnotations;
using Npgsql;

namespace Pechat.Persistence;

/// <summary>Section <c>Database</c>: the service's own PostgreSQL database.</summary>
public sealed class DatabaseOptions
{
    /// <summary>Host name or address.</summary>
    [Required]
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>TCP port.</summary>
    [Range(1, 65535)]
    public int Port { get; init; } = 5432;

    /// <summary>Name of the database.</summary>
    [Required]
    public string Name { get; init; } = "";

    /// <summary>Role that the service runs as; may not change the schema.</summary>
    [Required]
    public string User { get; init; } = "";

    /// <summary>File with that role's password; read again for every new connection.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Role that owns the schema; used by the verb <c>migrate</c> only.</summary>
    public string? MigrationUser { get; init; }

    /// <summary>File with the owner role's password.</summary>
    public string? MigrationPasswordFile { get; init; }

    /// <summary>Most connections of this process.</summary>
    [Range(1, 500)]
    public int MaxConnections { get; init; } = 20;

    /// <summary>How the connection is encrypted: <c>Disable</c>, <c>Prefer</c>, <c>Require</c>, <c>VerifyCA</c> or <c>VerifyFull</c>.</summary>
    public SslMode SslMode { get; init; } = SslMode.Prefer;

    /// <summary>PEM file with the root that the server's certificate must chain to, for <c>VerifyCA</c> and <c>VerifyFull</c>.</summary>
    public string? AuthorityFile { get; init; }

    internal NpgsqlDataSource Connect(string applicationName, string user, string? passwordFile, int maxConnections)
    {
        var builder = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder
        {
            Host = Host,
            Port = Port,
            Database = Name,
            Username = user,
            MaxPoolSize = maxConnections,
            SslMode = SslMode,
            RootCertificate = AuthorityFile,
            ApplicationName = applicationName,
            Timeout = 5,
            CommandTimeout = 30,
            KeepAlive = 30,
            MaxAutoPrepare = 50,
            NoResetOnClose = true, // no session of ours is left with anything set, and resetting costs as much as a query
            IncludeErrorDetail = false, // the detail quotes row values
        }.ConnectionString);
        if (passwordFile is not null)
        {
            builder.UsePasswordProvider(
                _ => File.ReadAllText(passwordFile).Trim(),
                async (_, ct) => (await File.ReadAllTextAsync(passwordFile, ct)).Trim());
        }
        return builder.Build();
    }
}
