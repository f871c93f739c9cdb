using Pechat.Contracts.SignatureActivation.V1;

namespace Pechat.Signing.Transactions;

/// <summary>What this service asks of the activation module.</summary>
internal interface IActivationModule
{
    /// <summary>Opens a transaction; the answer is the challenge of its activation.</summary>
    Task<string> OpenAsync(OpenTransactionRequest request, CancellationToken ct);

    /// <summary>Verifies the activation; the answer is until when signatures can be made.</summary>
    Task<DateTimeOffset> ActivateAsync(Guid transactionId, string activation, CancellationToken ct);

    /// <summary>Signs all items or none; every authorised digest signs once.</summary>
    Task<SignReply> SignAsync(SignRequest request, CancellationToken ct);

    /// <summary>Moves what is left of a transaction to a new SAD; the answer is until when that one can be used.</summary>
    Task<DateTimeOffset> RenewAsync(RenewSadRequest request, CancellationToken ct);

    /// <summary>Destroys a key for ever. Idempotent.</summary>
    Task DestroyAsync(DestroyCredentialRequest request, CancellationToken ct);

    /// <summary>Ends a transaction: nothing of it can be signed any more. Idempotent.</summary>
    Task CloseAsync(Guid transactionId, CancellationToken ct);
}

internal sealed class ActivationModuleClient(ActivationModule.ActivationModuleClient client) : IActivationModule
{
    public async Task<string> OpenAsync(OpenTransactionRequest request, CancellationToken ct) =>
        (await client.OpenTransactionAsync(request, cancellationToken: ct)).Challenge;

    public async Task<DateTimeOffset> ActivateAsync(Guid transactionId, string activation, CancellationToken ct) =>
        (await client.ActivateAsync(new ActivateRequest { TransactionId = transactionId.ToString("D"), Activation = activation }, cancellationToken: ct))
        .SadExpiresAt.ToDateTimeOffset();

    public async Task<SignReply> SignAsync(SignRequest request, CancellationToken ct) => await client.SignAsync(request, cancellationToken: ct);

    public async Task<DateTimeOffset> RenewAsync(RenewSadRequest request, CancellationToken ct) =>
        (await client.RenewSadAsync(request, cancellationToken: ct)).SadExpiresAt.ToDateTimeOffset();

    public async Task DestroyAsync(DestroyCredentialRequest request, CancellationToken ct) => await client.DestroyCredentialAsync(request, cancellationToken: ct);

    public async Task CloseAsync(Guid transactionId, CancellationToken ct) =>
        await client.CloseTransactionAsync(new CloseTransactionRequest { TransactionId = transactionId.ToString("D") }, cancellationToken: ct);
}
