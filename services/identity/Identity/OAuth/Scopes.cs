namespace Pechat.Identity.OAuth;

/// <summary>Scopes that tokens can carry.</summary>
internal static class Scopes
{
    /// <summary>The CSC API.</summary>
    public const string Service = "service";

    /// <summary>Signatures with one credential over what the phone has confirmed (CSC API §6.2).</summary>
    public const string Credential = "credential";

    /// <summary>The customer portal.</summary>
    public const string Portal = "portal";

    /// <summary>OpenID Connect: the answer holds an ID token.</summary>
    public const string OpenId = "openid";

    /// <summary>A bound phone; only by its device key.</summary>
    public const string Device = "device";

    /// <summary>Between confirmation of the contacts and binding of the phone; no client can ask for it.</summary>
    public const string Enrolment = "enrolment";

    /// <summary>Staff; counts only for persons that <c>Identity:Officers</c> names.</summary>
    public const string Office = "office";

    /// <summary>What a client can be configured with.</summary>
    public static readonly string[] All = [Service, Credential, Portal, OpenId, Device, Office];
}

/// <summary>Grant types of the token endpoint.</summary>
internal static class Grants
{
    public const string AuthorizationCode = "authorization_code";
    public const string RefreshToken = "refresh_token";
    public const string ClientCredentials = "client_credentials";
    public const string JwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
}
