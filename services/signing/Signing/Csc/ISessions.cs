using Pechat.Contracts.Identity.V1;

namespace Pechat.Signing.Csc;

/// <summary>What this service asks of Identity's sessions.</summary>
internal interface ISessions
{
    /// <summary>Logs in; waits until the phone has decided.</summary>
    Task<SessionTokens> LoginAsync(LoginRequest request, CancellationToken ct);

    /// <summary>Revokes a token; afterwards nobody accepts it.</summary>
    Task RevokeAsync(RevokeRequest request, CancellationToken ct);
}

internal sealed class SessionsClient(Sessions.SessionsClient client, TimeProvider clock) : ISessions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(65); // Identity gives the phone 60 s

    public async Task<SessionTokens> LoginAsync(LoginRequest request, CancellationToken ct) =>
        await client.LoginAsync(request, deadline: (clock.GetUtcNow() + Patience).UtcDateTime, cancellationToken: ct);

    public async Task RevokeAsync(RevokeRequest request, CancellationToken ct) => await client.RevokeAsync(request, cancellationToken: ct);
}
