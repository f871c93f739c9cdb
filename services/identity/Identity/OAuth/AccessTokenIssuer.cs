using Pechat.Hosting;

namespace Pechat.Identity.OAuth;

/// <summary>Makes access tokens (RFC 9068) and ID tokens (OpenID Connect Core §2).</summary>
internal sealed class AccessTokenIssuer(SigningKeys keys, TokenOptions tokens, TimeProvider clock)
{
    /// <summary>An access token.</summary>
    /// <param name="subject">Customer UUID, or the client for client credentials.</param>
    /// <param name="client">The client_id.</param>
    /// <param name="scope">Space separated.</param>
    /// <param name="lifetime">From now.</param>
    /// <param name="device">The bound phone and the thumbprint of its key.</param>
    /// <param name="session">The session that the token ends with.</param>
    /// <param name="credential">With scope credential: the credential, and the transaction in Signing that the phone has confirmed.</param>
    public string Issue(
        string subject, string client, string scope, TimeSpan lifetime, (Guid Id, string Jkt)? device = null, Guid? session = null,
        (string Id, Guid Transaction)? credential = null)
    {
        DateTimeOffset now = clock.GetUtcNow();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = tokens.Issuer,
            ["aud"] = tokens.Audience,
            ["sub"] = subject,
            ["client_id"] = client,
            ["scope"] = scope,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.Add(lifetime).ToUnixTimeSeconds(),
            ["jti"] = Guid.NewGuid().ToString(),
        };
        if (device is { } bound)
        {
            claims["device_id"] = bound.Id.ToString();
            claims["cnf"] = new { jkt = bound.Jkt };
        }
        if (session is not null)
            claims["sid"] = session.Value.ToString();
        if (credential is { } authorized)
            (claims["credential_id"], claims["transaction"]) = (authorized.Id, authorized.Transaction.ToString());
        return keys.Sign(claims, "at+jwt");
    }

    /// <summary>An ID token for a client.</summary>
    public string IssueIdToken(string subject, string client, string? nonce, DateTimeOffset authenticatedAt, TimeSpan lifetime)
    {
        DateTimeOffset now = clock.GetUtcNow();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = tokens.Issuer,
            ["aud"] = client,
            ["sub"] = subject,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.Add(lifetime).ToUnixTimeSeconds(),
            ["auth_time"] = authenticatedAt.ToUnixTimeSeconds(),
        };
        if (nonce is not null)
            claims["nonce"] = nonce;
        return keys.Sign(claims, "JWT");
    }
}
