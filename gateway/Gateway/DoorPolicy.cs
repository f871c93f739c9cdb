using Microsoft.AspNetCore.Routing.Matching;

namespace Pechat.Gateway;

/// <summary>
/// Endpoint selection by door: a surface that a door does not open to does not exist there. Of the two catch-all pages, portal and
/// authenticator, only the one of the door is left.
/// </summary>
internal sealed class DoorPolicy(GatewayOptions options) : MatcherPolicy, IEndpointSelectorPolicy
{
    private static readonly Dictionary<string, Surface> Surfaces = Surface.All.ToDictionary(s => s.Name, StringComparer.Ordinal);

    public override int Order => int.MinValue; // before any other policy complains about several candidates

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(e => Of(e) is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        Doors door = Doorway.Of(httpContext, options);
        for (int i = 0; i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i) && Of(candidates[i].Endpoint) is { } surface && !surface.Doors.HasFlag(door))
                candidates.SetValidity(i, false);
        }
        return Task.CompletedTask;
    }

    /// <summary>The surface of an endpoint; null for anything that is not routed to a peer.</summary>
    internal static Surface? Of(Endpoint? endpoint) =>
        endpoint?.Metadata.GetMetadata<Yarp.ReverseProxy.Model.RouteModel>()?.Config.RouteId is { } name ? Surfaces.GetValueOrDefault(name) : null;
}
