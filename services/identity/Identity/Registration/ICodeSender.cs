using Pechat.Contracts.Notifications.V1;

namespace Pechat.Identity.Registration;

/// <summary>The one call of Notifications that Identity makes.</summary>
internal interface ICodeSender
{
    /// <summary>Sends a code at once.</summary>
    /// <exception cref="Contracts.FaultException">The channel did not take it.</exception>
    Task SendAsync(SendCodeRequest request, CancellationToken ct);
}

/// <summary>Over gRPC.</summary>
internal sealed class NotificationsCodeSender(CodeSender.CodeSenderClient client) : ICodeSender
{
    public async Task SendAsync(SendCodeRequest request, CancellationToken ct) => await client.SendCodeAsync(request, cancellationToken: ct);
}
