using System.Security.Cryptography;
using Npgsql;
using Pechat.Billing.Packages;

namespace Pechat.Billing.Units;

/// <summary>Three units a year, counted from the activation of the profile and not carried over .</summary>
internal static class FreeUnits
{
    internal const string Package = "FREE";
    internal const int UnitsPerYear = 3;
    private const int MonthsPerYear = 12;

    /// <summary>Grants the units of one year; year 0 begins with the activation. Idempotent.</summary>
    internal static Task<bool> GrantAsync(NpgsqlTransaction tx, Guid customer, DateTimeOffset activatedAt, int year, DateTimeOffset now, CancellationToken ct) =>
        Ledger.GrantAsync(
            tx,
            new Grant(
                IdOf(customer, year), customer, Package, year, UnitsPerYear,
                SofiaCalendar.AddMonths(activatedAt, year * MonthsPerYear), SofiaCalendar.AddMonths(activatedAt, (year + 1) * MonthsPerYear)),
            now, ct);

    // The same for every attempt, so that replicas cannot grant a year twice.
    private static Guid IdOf(Guid customer, int year) =>
        new(SHA256.HashData([.. customer.ToByteArray(), .. BitConverter.GetBytes(year)]).AsSpan(0, 16));
}
