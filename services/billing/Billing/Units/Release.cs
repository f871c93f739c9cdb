using Grpc.Core;
using Pechat.Contracts.Billing.V1;
using Pechat.Hosting;
using Pechat.Persistence;

namespace Pechat.Billing.Units;

internal sealed partial class UnitLedgerService
{
    /// <summary>Gives back what is still open of a reservation; captured units stay captured.</summary>
    [Callers("signing")]
    public override Task<ReleaseReply> Release(ReleaseRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        Guid reservation = IdOf(request.ReservationId, "reservation_id");
        return db.InTransactionAsync(async tx =>
        {
            await Ledger.SettleAsync(tx, reservation, "release", null, clock.GetUtcNow(), ct);
            return new ReleaseReply();
        }, ct);
    }
}
