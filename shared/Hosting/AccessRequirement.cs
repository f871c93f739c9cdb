using System.Security.Claims;
using Pechat.Contracts;

namespace Pechat.Hosting;

/// <summary>What a route demands of the access token, and what handlers read from it.</summary>
public static class AccessRequirement
{
    /// <summary>Demands a bearer token with one of <paramref name="scopes"/>. The requirement nearest to the route counts.</summary>
    public static TBuilder RequireAccess<TBuilder>(this TBuilder builder, params string[] scopes) where TBuilder : IEndpointConventionBuilder
    {
        if (scopes is not { Length: > 0 })
            throw new ArgumentException("a route names the scopes it accepts", nameof(scopes));
        return builder.WithMetadata(new AccessMetadata(scopes));
    }

    /// <summary>The customer that the token speaks for.</summary>
    /// <exception cref="FaultException">The token speaks for a client, not for a customer.</exception>
    public static Guid CustomerId(this ClaimsPrincipal user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Guid.TryParseExact(user.FindFirstValue("sub"), "D", out Guid id)
            ? id : throw FaultException.Forbidden("access_denied", "the access token does not speak for a customer");
    }

    /// <summary>The OAuth client that the token was issued to.</summary>
    /// <exception cref="FaultException">The token names no client.</exception>
    public static string ClientId(this ClaimsPrincipal user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return user.FindFirstValue("client_id") is { Length: > 0 } id
            ? id : throw FaultException.Forbidden("access_denied", "the access token names no client");
    }

    /// <summary>The bound device that the token was issued to, if any.</summary>
    public static Guid? DeviceId(this ClaimsPrincipal user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Guid.TryParseExact(user.FindFirstValue("device_id"), "D", out Guid id) ? id : null;
    }

    /// <summary>Whether the token carries <paramref name="scope"/>.</summary>
    public static bool HasScope(this ClaimsPrincipal user, string scope)
    {
        ArgumentNullException.ThrowIfNull(user);
        return user.FindFirstValue("scope") is { } scopes && scopes.Split(' ').Contains(scope, StringComparer.Ordinal);
    }
}

/// <summary>Scopes of which a route demands one.</summary>
internal sealed record AccessMetadata(IReadOnlyList<string> Scopes);
