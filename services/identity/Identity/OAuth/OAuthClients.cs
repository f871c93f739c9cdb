namespace Pechat.Identity.OAuth;

/// <summary>The configured clients.</summary>
internal sealed class OAuthClients(IdentityOptions options)
{
    private readonly Dictionary<string, ClientOptions> _byId = options.Clients.ToDictionary(c => c.Id, StringComparer.Ordinal);

    /// <summary>A client by its id; null when there is none.</summary>
    public ClientOptions? Find(string? id) => id is not null && _byId.TryGetValue(id, out ClientOptions? client) ? client : null;
}
