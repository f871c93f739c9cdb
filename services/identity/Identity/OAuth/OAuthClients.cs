using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Pechat.Contracts;

namespace Pechat.Identity.OAuth;

/// <summary>The configured clients and how they show who they are (RFC 6749 §2.3).</summary>
internal sealed class OAuthClients(IdentityOptions options)
{
    private readonly Dictionary<string, ClientOptions> _byId = options.Clients.ToDictionary(c => c.Id, StringComparer.Ordinal);

    /// <summary>A client by its id; null when there is none.</summary>
    public ClientOptions? Find(string? id) => id is not null && _byId.TryGetValue(id, out ClientOptions? client) ? client : null;

    /// <summary>The client of a token request: <c>client_secret_basic</c>, <c>client_secret_post</c>, or a public client by its id alone.</summary>
    /// <exception cref="FaultException">invalid_client (401), or invalid_request when it authenticates in two ways.</exception>
    public ClientOptions Authenticate(HttpRequest request, IFormCollection form)
    {
        string? id = Single(form, "client_id"), secret = Single(form, "client_secret");
        if (request.Headers.Authorization.Count > 0)
        {
            if (secret is not null)
                throw FaultException.Invalid("invalid_request", "the client must authenticate in one way only");
            (string basicId, string basicSecret) = Basic(request.Headers.Authorization.ToString());
            if (id is not null && id != basicId)
                throw FaultException.Invalid("invalid_request", "client_id differs from the authorization header");
            (id, secret) = (basicId, basicSecret);
        }
        else if (id is null)
        {
            throw FaultException.Invalid("invalid_request", "Missing parameter client_id");
        }
        ClientOptions? client = Find(id);
        byte[] given = SHA256.HashData(Encoding.UTF8.GetBytes(secret ?? ""));
        byte[] wanted = client?.SecretHash is { } hash ? Convert.FromHexString(hash.AsSpan("sha256:".Length)) : new byte[SHA256.HashSizeInBytes];
        bool right = CryptographicOperations.FixedTimeEquals(given, wanted);
        bool accepted = client is { SecretHash: null } ? secret is null : client is not null && secret is not null && right;
        return accepted ? client! : throw FaultException.Unauthenticated("invalid_client", "Invalid parameter client_id / client_secret");
    }

    /// <summary>A parameter that may occur once (RFC 6749 §3.2); null when absent or empty.</summary>
    /// <exception cref="FaultException">It occurs twice.</exception>
    public static string? Single(IFormCollection form, string name) => form[name] switch
    {
        { Count: 0 } => null,
        { Count: 1 } one => string.IsNullOrEmpty(one[0]) ? null : one[0],
        _ => throw FaultException.Invalid("invalid_request", $"Parameter {name} occurs more than once"),
    };

    private static (string Id, string Secret) Basic(string header)
    {
        if (AuthenticationHeaderValue.TryParse(header, out AuthenticationHeaderValue? value) && value.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
        {
            byte[] decoded = new byte[value.Parameter?.Length ?? 0];
            if (Convert.TryFromBase64String(value.Parameter ?? "", decoded, out int length)
                && Encoding.UTF8.GetString(decoded, 0, length).Split(':', 2) is [var id, var secret])
                return (Decode(id), Decode(secret)); // RFC 6749 §2.3.1: both are form encoded first
        }
        throw FaultException.Unauthenticated("invalid_client", "Invalid authorization header");
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
