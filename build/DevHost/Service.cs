namespace Pechat.DevHost;

/// <summary>One service of the house: what it is built from and what it needs.</summary>
/// <param name="Name">Kebab-case name: in certificates, databases, logs and configuration.</param>
/// <param name="Project">Folder of its project below the root; the last part names the assembly.</param>
/// <param name="Peers">The services it calls: the arrows of the house.</param>
public sealed record Service(string Name, string Project, params string[] Peers)
{
    public bool HasDatabase { get; init; } = true;
    public bool HasMessaging { get; init; }

    /// <summary>Label of the token with its keys; null when it holds none.</summary>
    public string? Token { get; init; }

    /// <summary>Load tests call it: its hot code is worth being compiled again, and memory for garbage pays.</summary>
    public bool ServesLoad { get; init; }

    /// <summary>Its place in <see cref="All"/>, from 1; ports count from it.</summary>
    public int Number => Array.IndexOf(All, this) + 1;

    /// <summary>Name of its database and of its application role.</summary>
    public string Database => Name.Replace('-', '_');

    public int Port(Layout layout) => layout.PortBase + 100 + Number;

    public int HealthPort(Layout layout) => layout.PortBase + 200 + Number;

    public string Assembly(Layout layout) => Path.Combine(layout.Root, Project, "bin", Build, "net10.0", $"Pechat.{Path.GetFileName(Project)}.dll");

    public string ConfigurationFile(Layout layout) => Path.Combine(layout.Configuration, $"{Name}.json");

    public string Log(Layout layout) => Path.Combine(layout.Logs, $"{Name}.log");

    /// <summary>All services in the order of their ports, which is also an order in which they can start.</summary>
    public static readonly Service[] All =
    [
        new("identity", "services/identity/Identity", "signature-activation", "notifications", "signing") { HasMessaging = true },
        new("registration", "services/certificates/Registration", "identity", "signature-activation", "certificate-authority", "notifications") { HasMessaging = true },
        new("certificate-authority", "services/certificates/CertificateAuthority") { HasMessaging = true, Token = "pechat-ca" },
        new("certificate-status", "services/certificates/CertificateStatus", "certificate-authority") { HasMessaging = true, ServesLoad = true },
        new("signing", "services/signing/Signing", "identity", "signature-activation", "certificate-authority", "timestamping", "billing", "notifications") { HasMessaging = true, ServesLoad = true },
        new("signature-activation", "services/signing/SignatureActivation") { ServesLoad = true, Token = "pechat-sam" },
        new("validation", "services/validation/Validation", "identity", "certificate-authority") { ServesLoad = true },
        new("timestamping", "services/validation/Timestamping", "certificate-authority") { ServesLoad = true, Token = "pechat-tsa" },
        new("billing", "services/billing/Billing", "identity") { HasMessaging = true },
        new("documents", "services/documents/Documents", "identity", "signing") { HasMessaging = true },
        new("notifications", "services/notifications/Notifications", "identity") { HasMessaging = true },
        new("portal", "services/portal/Portal", "identity", "registration", "signing", "billing", "documents", "certificate-authority"),
        new("authenticator", "services/portal/Authenticator") { HasDatabase = false },
        new("gateway", "gateway/Gateway", "identity", "registration", "certificate-status", "signing", "validation", "timestamping", "billing", "documents",
            "notifications", "portal", "authenticator") { HasDatabase = false, ServesLoad = true },
    ];

    public static Service Named(string name) => All.Single(s => s.Name == name);

    /// <summary>The configuration this programme was built with; the services were built by the same command.</summary>
    private static readonly string Build = AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal) ? "Debug" : "Release";
}
