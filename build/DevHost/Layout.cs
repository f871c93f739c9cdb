using System.Globalization;

namespace Pechat.DevHost;

/// <summary>Where everything lies and which ports it uses.</summary>
/// <param name="Root">The repository.</param>
/// <param name="Run">The directory that holds all state of one running house: <c>.run</c> below the root, or where <c>PECHAT_RUN</c> says.</param>
/// <param name="PortBase">The ports are this number plus what <c>docs</c> says; moved by <c>PECHAT_PORT_BASE</c>.</param>
public sealed record Layout(string Root, string Run, int PortBase)
{
    public const int DefaultPortBase = 18000;

    public string Configuration => Path.Combine(Run, "config");
    public string Logs => Path.Combine(Run, "logs");
    public string Secrets => Path.Combine(Run, "secrets");
    public string Certificates => Path.Combine(Run, "certificates");
    public string Stamps => Path.Combine(Run, "stamps");
    public string Processes => Path.Combine(Run, "processes");
    public string Mail => Path.Combine(Run, "mail");
    public string Ceremony => Path.Combine(Run, "ceremony");
    public string Demo => Path.Combine(Run, DemoFolder);

    /// <summary>Where the main job leaves its results; another name keeps those of an earlier one.</summary>
    public string DemoFolder { get; init; } = "demo";

    public int SmtpPort => PortBase + 25;
    public int MailViewPort => PortBase + 26;
    public int PostgresPort => PortBase + 54;
    public int RabbitPort => PortBase + 56;
    public int RabbitManagementPort => PortBase + 57;
    public int EpmdPort => PortBase + 58;
    public int ErlangPort => PortBase + 59;
    public int PlainPort => PortBase + 80;
    public int PublicPort => PortBase + 443;
    public int AuthenticatorPort => PortBase + 444;

    public Uri PublicBase => new($"https://localhost:{PublicPort}");
    public Uri AuthenticatorBase => new($"https://localhost:{AuthenticatorPort}");
    public Uri PlainBase => new($"http://localhost:{PlainPort}");

    /// <summary>The house of <c>build/run</c>, found from the environment or from where this programme lies.</summary>
    /// <param name="part">A part of the run directory for servers that stand apart from the house's.</param>
    public static Layout Find(string part = "")
    {
        string root = Environment.GetEnvironmentVariable("PECHAT_ROOT") ?? AboveThisProgramme();
        string? given = Environment.GetEnvironmentVariable("PECHAT_PORT_BASE");
        int portBase = DefaultPortBase;
        if (given is not null && (!int.TryParse(given, CultureInfo.InvariantCulture, out portBase) || portBase is < 1024 or > 64000))
            throw new DevHostException($"PECHAT_PORT_BASE is \"{given}\"", "set it to a number from 1024 to 64000");
        string run = Environment.GetEnvironmentVariable("PECHAT_RUN") ?? ".run";
        return new(root, Path.GetFullPath(Path.Combine(root, run, part)), portBase);
    }

    public void CreateDirectories()
    {
        foreach (string directory in new[] { Run, Configuration, Logs, Certificates, Stamps, Processes, Mail, Ceremony })
            Directory.CreateDirectory(directory);
        Directory.CreateDirectory(Secrets, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Keeps the directory for this programme until disposed of, or until it dies however it dies.</summary>
    /// <exception cref="DevHostException">Another one runs there.</exception>
    public IDisposable Lock()
    {
        Directory.CreateDirectory(Run);
        string file = Path.Combine(Run, "lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new DevHostException($"another run uses {Run}", "stop it with Ctrl-C first", inner: e);
        }
    }

    private static string AboveThisProgramme()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Services.sln")))
                return at.FullName;
        }
        throw new DevHostException("Services.sln was not found above this programme", "start it by build/run or build/test");
    }
}
