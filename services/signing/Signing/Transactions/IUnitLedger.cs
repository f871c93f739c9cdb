using Pechat.Contracts.Billing.V1;

namespace Pechat.Signing.Transactions;

/// <summary>What this service asks of the unit ledger.</summary>
internal interface IUnitLedger
{
    /// <summary>Reserves units. Idempotent per reservation id; SignatureCreated captures them, SignatureEnded gives back what is left.</summary>
    Task ReserveAsync(ReserveRequest request, CancellationToken ct);
}

internal sealed class UnitLedgerClient(UnitLedger.UnitLedgerClient client) : IUnitLedger
{
    public async Task ReserveAsync(ReserveRequest request, CancellationToken ct) => await client.ReserveAsync(request, cancellationToken: ct);
}
