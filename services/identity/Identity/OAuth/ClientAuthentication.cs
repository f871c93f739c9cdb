using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Pechat.Contracts;

namespace Pechat.Identity.OAuth;

/// <summary>
/// How clients show who they are (RFC 6749 §2.3): <c>client_secret_basic</c>, <c>client_secret_post</c>, <c>private_key_jwt</c>, or a public
/// client by its id alone. One way at a time; whoever fails too often is locked out for a while.
/// </summary>
internal sealed class ClientAuthentication(OAuthClients clients, ClientAssertions assertions, FailedAuthentications failures)
{
    /// <summary>The client of a request.</summary>
    /// <exception cref="FaultException">invalid_client (401); invalid_request when it authenticates in two ways; too_many_requests.</exception>
    internal async Task<ClientOptions> AuthenticateAsync(HttpContext context, IFormCollection form, CancellationToken ct)
    {
        string? id = OAuthForm.Single(form, "client_id"), secret = OAuthForm.Single(form, "client_secret"), assertion = OAuthForm.Single(form, "client_assertion");
        bool basic = context.Request.Headers.Authorization.Count > 0;
        if ((basic ? 1 : 0) + (secret is null ? 0 : 1) + (assertion is null ? 0 : 1) > 1)
            throw FaultException.Invalid("invalid_request", "the client must authenticate in one way only");
        string? claimed = id;
        if (basic)
            (claimed, secret) = Basic(context.Request.Headers.Authorization.ToString());
        else if (assertion is not null)
            claimed = ClientAssertions.ClientOf(assertion) ?? throw Refused();
        if (claimed is null)
            throw FaultException.Invalid("invalid_request", "Missing parameter client_id");
        if (id is not null && id != claimed)
            throw FaultException.Invalid("invalid_request", "client_id differs from the client that is authenticated");

        ClientOptions? client = clients.Find(claimed);
        string place = Visitor.Place(context);
        await failures.ThrowIfLockedAsync(client?.Id, place, ct);
        bool right = assertion is not null
            ? client is not null && await assertions.IsGoodAsync(client, assertion, OAuthForm.Single(form, "client_assertion_type"), ct)
            : IsRight(client, secret);
        if (right)
            return client!;
        await failures.CountAsync(client?.Id, place, ct);
        throw Refused();
    }

    private static FaultException Refused() => FaultException.Unauthenticated("invalid_client", "Invalid parameter client_id / client_secret");

    /// <summary>Compares in constant time, against nothing when the client is unknown.</summary>
    private static bool IsRight(ClientOptions? client, string? secret)
    {
        byte[] given = SHA256.HashData(Encoding.UTF8.GetBytes(secret ?? ""));
        bool same = CryptographicOperations.FixedTimeEquals(given, client?.SecretKey() ?? new byte[SHA256.HashSizeInBytes]);
        return client is { IsPublic: true } ? secret is null : client is not null && secret is not null && same;
    }

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
