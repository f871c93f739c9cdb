using System.ComponentModel.DataAnnotations;
using Microsoft.IdentityModel.Tokens;

namespace Pechat.Identity;

/// <summary>Section <c>Identity</c>.</summary>
internal sealed class IdentityOptions : IValidatableObject
{
    /// <summary>PEM with the P-256 private key that signs access tokens.</summary>
    [Required]
    public string TokenKeyFile { get; init; } = "";

    /// <summary>PEM with a second P-256 key that is published and accepted: the next or the last one of a roll-over.</summary>
    public string? SecondTokenKeyFile { get; init; }

    /// <summary>When the second key takes over, which is then a private one; null: never. The first is published until its last token has expired.</summary>
    public DateTimeOffset? SecondTokenKeySignsFrom { get; init; }

    /// <summary>Lifetime of tokens for clients and for the portal (CSC profile D-19).</summary>
    [Range(typeof(TimeSpan), "00:01:00", "12:00:00")]
    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Lifetime of a bound phone's tokens: how long a detached device can still read, for it can decide nothing at once.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "01:00:00")]
    public TimeSpan DeviceTokenLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Lifetime of a refresh token; each use gives a new one (CSC profile D-19).</summary>
    [Range(typeof(TimeSpan), "01:00:00", "366.00:00:00")]
    public TimeSpan RefreshTokenLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long a login may wait for the phone (R-121).</summary>
    [Range(typeof(TimeSpan), "00:00:30", "00:10:00")]
    public TimeSpan LoginLifetime { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether a profile becomes active only when its holder has accepted the general terms (SM-1).</summary>
    public bool RequireTerms { get; init; } = true;

    /// <summary>The client whose name customers see when somebody logs in by CSC API <c>auth/login</c>, without a browser; null: nobody can.</summary>
    public string? DirectLoginClient { get; init; }

    /// <summary>The identity verification provider; without one the simulator, for development.</summary>
    public ProviderOptions? Provider { get; init; }

    /// <summary>The development verifier.</summary>
    public SimulatorOptions Simulator { get; init; } = new();

    /// <summary>Whether two operators must come to the same decision about a verification.</summary>
    public bool SecondDecision { get; init; } = true;

    /// <summary>Staff, by their own profiles.</summary>
    public IReadOnlyList<OfficerOptions> Officers { get; init; } = [];

    /// <summary>OAuth clients.</summary>
    public IReadOnlyList<ClientOptions> Clients { get; init; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (string file in new[] { TokenKeyFile, SecondTokenKeyFile, Simulator.KeyFile }.OfType<string>().Where(f => f.Length > 0 && !File.Exists(f)))
            yield return new($"there is no file {file}");
        if (DirectLoginClient is not null && Clients.FirstOrDefault(c => c.Id == DirectLoginClient) is not { GrantTypes.Count: 0 })
            yield return new("DirectLoginClient must name a client without grant types");
        if (SecondTokenKeySignsFrom is not null && !(File.Exists(SecondTokenKeyFile) && File.ReadAllText(SecondTokenKeyFile).Contains("PRIVATE KEY", StringComparison.Ordinal)))
            yield return new("SecondTokenKeySignsFrom needs a SecondTokenKeyFile with a private key");
        if (string.IsNullOrEmpty(Simulator.KeyFile) == Provider is null)
            yield return new("either Provider or Simulator:KeyFile is needed: one identity verifier, and no simulator beside a provider");
        foreach (string problem in Provider?.Problems() ?? [])
            yield return new(problem);
        foreach (string id in Clients.GroupBy(c => c.Id).Where(g => g.Count() > 1).Select(g => g.Key))
            yield return new($"two clients are named {id}");
        foreach (OfficerOptions officer in Officers.Where(o => o.CustomerId == Guid.Empty || o.Roles.Count == 0 || o.Roles.Except(Office.Officer.Roles, StringComparer.Ordinal).Any()))
            yield return new($"Officers: {officer.CustomerId} needs a CustomerId and roles of {string.Join(", ", Office.Officer.Roles)}");
        foreach (ClientOptions client in Clients)
        {
            foreach (string problem in client.Problems())
                yield return new($"Clients: {client.Id}: {problem}");
        }
    }
}

/// <summary>The simulated identity verifier, for development and tests: it believes whatever it is told.</summary>
internal sealed class SimulatorOptions
{
    /// <summary>PEM with the P-256 private key that signs its assertions; the SAM must be told to trust it.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The <c>iss</c> of its assertions.</summary>
    public string Issuer { get; init; } = "simulator";

    /// <summary>How long an assertion may be used to enrol the device.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan AssertionLifetime { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>An identity verification provider of another house, see <see cref="Verification.HttpVerifier"/>.</summary>
internal sealed class ProviderOptions
{
    /// <summary>Address below which its sessions are, ending with a slash; https, or http on this machine.</summary>
    public Uri? BaseAddress { get; init; }

    /// <summary>Its name, stored with every verification.</summary>
    public string Name { get; init; } = "provider";

    /// <summary>The R-101 method that it carries out, stored with every certificate.</summary>
    public string Method { get; init; } = "remote-video";

    /// <summary>File with the bearer token that it wants.</summary>
    public string TokenFile { get; init; } = "";

    /// <summary>File with the secret that signs its callbacks.</summary>
    public string CallbackSecretFile { get; init; } = "";

    /// <summary>How long it may take for an answer.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:25")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    internal IEnumerable<string> Problems()
    {
        if (BaseAddress is not { IsAbsoluteUri: true } address || !address.AbsoluteUri.EndsWith('/') || !(address.Scheme == "https" || (address.Scheme == "http" && address.IsLoopback)))
            yield return "Provider:BaseAddress must be an https address that ends with a slash";
        if (Name.Length is 0 or > 64 || Method.Length is 0 or > 64)
            yield return "Provider:Name and Method are needed, at most 64 characters";
        if (!File.Exists(TokenFile) || !File.Exists(CallbackSecretFile))
            yield return "Provider:TokenFile and CallbackSecretFile must name files";
    }
}

/// <summary>A member of staff.</summary>
internal sealed class OfficerOptions
{
    /// <summary>The profile with which the person logs in.</summary>
    public Guid CustomerId { get; init; }

    /// <summary>What the person may do, see <see cref="Office.Officer"/>.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];
}

/// <summary>One OAuth client.</summary>
internal sealed class ClientOptions
{
    private static readonly string[] KnownGrants = [OAuth.Grants.AuthorizationCode, OAuth.Grants.RefreshToken, OAuth.Grants.ClientCredentials, OAuth.Grants.JwtBearer];

    private JsonWebKeySet? _keySet;

    /// <summary>The client_id.</summary>
    public string Id { get; init; } = "";

    /// <summary>The name that users see; nothing else about the client is shown (R-240).</summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// <c>sha256:</c> and the lower-case hex SHA-256 of the secret; null for a public client, and for one that has a key set instead. A plain hash is enough because secrets are
    /// generated, of 256 bits or more, never chosen by people.
    /// </summary>
    public string? SecretHash { get; init; }

    /// <summary>JSON file with the JWK set of the client's public keys, for <c>private_key_jwt</c>.</summary>
    public string? KeySetFile { get; init; }

    /// <summary>Redirect URIs, compared character by character.</summary>
    public IReadOnlyList<string> RedirectUris { get; init; } = [];

    /// <summary>Scopes it may ask for.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>Grant types it may use.</summary>
    public IReadOnlyList<string> GrantTypes { get; init; } = [];

    /// <summary>Whether the client has nothing to authenticate with.</summary>
    internal bool IsPublic => SecretHash is null && KeySetFile is null;

    /// <summary>Keys of its assertions; null when it makes none.</summary>
    internal JsonWebKeySet? KeySet => _keySet ??= KeySetFile is null ? null : new(File.ReadAllText(KeySetFile));

    /// <summary>The hash of its secret; also what authenticates its account tokens (CSC API §6.8).</summary>
    internal byte[]? SecretKey() => SecretHash is { } hash ? Convert.FromHexString(hash.AsSpan("sha256:".Length)) : null;

    internal IEnumerable<string> Problems()
    {
        if (Id.Length is 0 or > 64 || Name.Length is 0 or > 100)
            yield return "Id (at most 64 characters) and Name (at most 100) are needed";
        if (SecretHash is { } hash && !(hash.StartsWith("sha256:", StringComparison.Ordinal) && hash.Length == 71 && hash[7..].All(char.IsAsciiHexDigitLower)))
            yield return "SecretHash must be sha256: and 64 lower-case hex digits";
        foreach (string grant in GrantTypes.Except(KnownGrants, StringComparer.Ordinal))
            yield return $"GrantTypes: {grant} is unknown";
        foreach (string scope in Scopes.Except(OAuth.Scopes.All, StringComparer.Ordinal))
            yield return $"Scopes: {scope} is unknown";
        if (IsPublic && GrantTypes.Contains(OAuth.Grants.ClientCredentials, StringComparer.Ordinal))
            yield return "client_credentials needs a SecretHash or a KeySetFile";
        if (KeySetProblem() is { } problem)
            yield return problem;
        if (RedirectUris.Count == 0 && GrantTypes.Contains(OAuth.Grants.AuthorizationCode, StringComparer.Ordinal))
            yield return "authorization_code needs a redirect URI";
        foreach (string uri in RedirectUris.Where(u => !Uri.TryCreate(u, UriKind.Absolute, out Uri? parsed) || parsed.Fragment.Length > 0
            || parsed.Scheme is "javascript" or "data" or "vbscript"))
            yield return $"RedirectUris: {uri} must be absolute and have no fragment";
    }

    private string? KeySetProblem()
    {
        if (KeySetFile is null)
            return null;
        if (!File.Exists(KeySetFile))
            return $"there is no file {KeySetFile}";
        try
        {
            IList<JsonWebKey> keys = new JsonWebKeySet(File.ReadAllText(KeySetFile)).Keys;
            return keys.Count > 0 && keys.All(k => k is { HasPrivateKey: false, Kty: "EC" or "RSA" }) ? null : $"{KeySetFile} must hold public EC or RSA keys";
        }
        catch (Exception e) when (e is ArgumentException or System.Text.Json.JsonException)
        {
            return $"{KeySetFile} is no JWK set: {e.Message}";
        }
    }
}
