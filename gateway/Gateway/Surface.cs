namespace Pechat.Gateway;

/// <summary>Which door a surface opens to.</summary>
[Flags]
internal enum Doors
{
    /// <summary>The public address: API and portal.</summary>
    Public = 1,

    /// <summary>The address of the authenticator, an origin of its own.</summary>
    Authenticator = 2,

    /// <summary>Plain HTTP: only what is signed by itself (OCSP, CRL, CA certificates, time stamps).</summary>
    Plain = 4,
}

/// <summary>In which form the gateway itself refuses a request.</summary>
internal enum ErrorForm
{
    /// <summary>RFC 9457.</summary>
    Problem,

    /// <summary><c>{"error","error_description"}</c> of CSC and OAuth.</summary>
    Csc,
}

/// <summary>One routed surface: what may enter, where it goes, and how much of it.</summary>
/// <param name="Name">Name of the route, also of its rate limit in the configuration.</param>
/// <param name="Path">Route pattern of the path, which is the same at the service.</param>
/// <param name="Service">Peer that answers.</param>
/// <param name="Doors">Where it is reachable.</param>
/// <param name="MaxBodyBytes">Largest request body.</param>
/// <param name="ErrorForm">Form of refusals.</param>
internal sealed record Surface(string Name, string Path, string Service, Doors Doors, long MaxBodyBytes, ErrorForm ErrorForm = ErrorForm.Problem)
{
    /// <summary>A rate limit of its own where the configuration names none for it; null for the default.</summary>
    public RateLimit? Limit { get; init; }

    private const long KiB = 1024;
    private const long MiB = 1024 * KiB;

    /// <summary>Everything that enters the house; what is not listed does not exist outside. The first that matches takes a request.</summary>
    internal static IReadOnlyList<Surface> All { get; } =
    [
        new("identity", "/identity/v1/{**rest}", "identity", Doors.Public | Doors.Authenticator, 64 * KiB),
        new("oauth", "/oauth2/{**rest}", "identity", Doors.Public | Doors.Authenticator, 64 * KiB, ErrorForm.Csc),
        new("oauth-v1", "/v1/oauth2/{**rest}", "identity", Doors.Public, 64 * KiB, ErrorForm.Csc), // base for clients of CSC API v1
        new("oauth-v1-revoke", "/v1/revoke", "identity", Doors.Public, 64 * KiB, ErrorForm.Csc),
        new("oauth-revoke", "/revoke", "identity", Doors.Public, 64 * KiB, ErrorForm.Csc),
        new("oauth-metadata", "/.well-known/{document}", "identity", Doors.Public | Doors.Authenticator, 0),
        new("registration", "/registration/v1/{**rest}", "registration", Doors.Public | Doors.Authenticator, 64 * KiB),
        new("csc-sign-doc", "/csc/v2/signatures/signDoc", "signing", Doors.Public, 64 * MiB, ErrorForm.Csc),
        new("csc", "/csc/{**rest}", "signing", Doors.Public, 1 * MiB, ErrorForm.Csc),
        new("signing-requests", "/signing/v1/{**rest}", "signing", Doors.Public | Doors.Authenticator, 256 * KiB),
        new("validation", "/validation/v1/{**rest}", "validation", Doors.Public, 64 * MiB),
        new("billing", "/billing/v1/{**rest}", "billing", Doors.Public | Doors.Authenticator, 64 * KiB),
        new("documents", "/documents/v1/{**rest}", "documents", Doors.Public | Doors.Authenticator, 64 * MiB),
        new("ocsp", "/ocsp/{**rest}", "certificate-status", Doors.Public | Doors.Plain, 4 * KiB),
        new("crl", "/crl/{**rest}", "certificate-status", Doors.Public | Doors.Plain, 0),
        new("ca-certificates", "/ca/{**rest}", "certificate-status", Doors.Public | Doors.Plain, 0),
        // A person looks things up; a register that can be copied in an hour is an address book.
        new("register", "/register/{**rest}", "certificate-status", Doors.Public, 0) { Limit = new() { PerSecond = 5, Burst = 40 } },
        new("tsa", "/tsa", "timestamping", Doors.Public | Doors.Plain, 4 * KiB),
        new("portal", "/{**rest}", "portal", Doors.Public, 64 * MiB),
        new("authenticator", "/{**rest}", "authenticator", Doors.Authenticator, 64 * KiB),
    ];
}
