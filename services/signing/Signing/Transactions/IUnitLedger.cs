using Pechat.Contracts.Billing.V1;

namespace Pechat.Signing.Transactions;

/// <summary>What this service asks of the unit ledger.</summary>
internal interface IUnitLedger
{
    /// <summary>Reserves units. Idempotent per reservation id.</summary>
    Task ReserveAsync(ReserveRequest request, CancellationToken ct);

    /// <summary>Gives reserved units back. Idempotent.</summary>
    Task ReleaseAsync(Guid reservationId, CancellationToken ct);
}

internal sealed class UnitLedgerClient(UnitLedger.UnitLedgerClient client) : IUnitLedger
{
    public async Task ReserveAsync(ReserveRequest request, CancellationToken ct) => await client.ReserveAsync(request, cancellationToken: ct);

    public async Task ReleaseAsync(Guid reservationId, CancellationToken ct) =>
        await client.ReleaseAsync(new ReleaseRequest { ReservationId = reservationId.ToString("D") }, cancellationToken: ct);
}
