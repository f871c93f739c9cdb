using FsCheck;
using FsCheck.Fluent;
using Pechat.Billing.Units;

namespace Pechat.Billing.Tests.Units;

public sealed class AllocationTests
{
    private static readonly DateTime Now = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Test]
    public void What_expires_soonest_goes_first_and_on_a_tie_the_free_units()
    {
        Balance late = New("PRACT", 30, 100), soon = New("ECON", 10, 2), free = New("FREE", 10, 1);
        Assert.That(Allocation.Plan([late, soon, free], 5), Is.EqualTo(new[] { new Share(free.EntitlementId, 1), new Share(soon.EntitlementId, 2), new Share(late.EntitlementId, 2) }));
    }

    [Test]
    public void An_unlimited_package_goes_before_all()
    {
        Balance free = New("FREE", 1, 3), unlimited = New("UNL_M", 30, null);
        Assert.That(Allocation.Plan([free, unlimited], 500), Is.EqualTo(new[] { new Share(unlimited.EntitlementId, 500) }));
    }

    [Test]
    public void A_plan_takes_exactly_what_is_asked_and_never_more_than_there_is() => Prop.ForAll(
        ArbMap.Default.ArbFor<(PositiveInt[] Left, PositiveInt Units)>(),
        sample =>
        {
            Balance[] balances = [.. sample.Left.Select((left, i) => New("ECON", i % 7, left.Get))];
            var plan = Allocation.Plan(balances, sample.Units.Get);
            return sample.Units.Get > balances.Sum(b => b.Left!.Value)
                ? plan is null
                : plan!.Sum(s => s.Units) == sample.Units.Get
                    && plan!.All(s => s.Units > 0 && s.Units <= balances.Single(b => b.EntitlementId == s.EntitlementId).Left)
                    && plan!.Select(s => s.EntitlementId).Distinct().Count() == plan!.Count;
        }).QuickCheckThrowOnFailure();

    private static Balance New(string package, int days, int? left) => new(Guid.NewGuid(), package, Now.AddDays(days), left);
}
