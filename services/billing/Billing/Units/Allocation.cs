namespace Pechat.Billing.Units;

/// <summary>What is left of an entitlement; <c>Left</c> is null when it is unlimited.</summary>
internal sealed record Balance(Guid EntitlementId, string Package, DateTime ValidUntil, int? Left);

/// <summary>Units taken from one entitlement, or metered to a relying party when there is none.</summary>
internal sealed record Share(Guid? EntitlementId, int Units);

/// <summary>From which entitlements units are taken .</summary>
internal static class Allocation
{
    /// <summary>An unlimited package first; else the one that expires soonest, on a tie the free one. Null when there are too few.</summary>
    internal static IReadOnlyList<Share>? Plan(IEnumerable<Balance> balances, int units)
    {
        var ordered = balances.OrderBy(b => b.ValidUntil).ThenBy(b => b.Package == "FREE" ? 0 : 1).ThenBy(b => b.EntitlementId).ToList();
        if (ordered.FirstOrDefault(b => b.Left is null) is { } unlimited)
            return [new(unlimited.EntitlementId, units)];
        var shares = new List<Share>();
        foreach (Balance balance in ordered.Where(b => b.Left > 0))
        {
            if (units == 0)
                break;
            int taken = Math.Min(units, balance.Left!.Value);
            shares.Add(new(balance.EntitlementId, taken));
            units -= taken;
        }
        return units == 0 ? shares : null;
    }
}
