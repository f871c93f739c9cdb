using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Billing.V1;

namespace Pechat.Billing.Units;

/// <summary>The meter of signings and identifications (S1-27); one file per method.</summary>
internal sealed partial class UnitLedgerService(NpgsqlDataSource db, TimeProvider clock) : UnitLedger.UnitLedgerBase
{
    private static Guid IdOf(string text, string name) => Guid.TryParseExact(text, "D", out Guid id)
        ? id : throw FaultException.Invalid("invalid_request", $"{name} must be a UUID");
}
