using Pechat.Billing.Packages;

namespace Pechat.Billing.Tests.Packages;

/// <summary>Expected figures: domain.md section 4.2 and rules .</summary>
public sealed class PriceListTests
{
    private static readonly DateOnly Until = new(2026, 12, 31);

    [TestCase(0, 0, 0, 0, 0)]
    [TestCase(630, 525, 322, 268, 54)]
    [TestCase(6240, 5200, 3190, 2658, 532)]
    [TestCase(1080, 900, 552, 460, 92)]
    [TestCase(11520, 9600, 5890, 4908, 982)]
    public void The_published_prices_come_out_to_the_cent(long bgn, long bgnNet, long eur, long eurNet, long eurVat)
    {
        var prices = PriceList.On(new(2026, 6, 1), new("X", "BGN", bgn, 20), Until);
        Assert.That(prices, Is.EqualTo(new[] { new Price("EUR", eur, eurNet, eurVat), new Price("BGN", bgn, bgnNet, bgn - bgnNet) }));
    }

    [TestCase("2025-08-07", "BGN")]
    [TestCase("2025-08-08", "BGN EUR")]
    [TestCase("2025-12-31", "BGN EUR")]
    [TestCase("2026-01-01", "EUR BGN")]
    [TestCase("2026-12-31", "EUR BGN")]
    [TestCase("2027-01-01", "EUR")]
    public void Currencies_follow_the_day(string day, string currencies) => Assert.That(
        string.Join(' ', PriceList.On(DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture), new("X", "BGN", 630, 20), Until).Select(p => p.Currency)),
        Is.EqualTo(currencies));

    [Test]
    public void A_price_born_in_levs_keeps_them_and_one_born_in_euro_derives_them()
    {
        Assert.That(PriceList.On(new(2026, 6, 1), new("X", "BGN", 6240, 20), Until)[1].Gross, Is.EqualTo(6240));
        Assert.That(PriceList.On(new(2026, 6, 1), new("X", "EUR", 3190, 20), Until)[1].Gross, Is.EqualTo(6239));
    }

    [TestCase("2026-01-31T08:00:00Z", 1, "2026-02-28T08:00:00Z")]
    [TestCase("2024-02-29T08:00:00Z", 12, "2025-02-28T08:00:00Z")]
    [TestCase("2026-03-15T08:00:00Z", 1, "2026-04-15T07:00:00Z")]
    [TestCase("2026-02-28T01:30:00Z", 1, "2026-03-28T01:30:00Z")]
    public void Months_are_those_of_the_sofia_calendar(string from, int months, string until) => Assert.That(
        SofiaCalendar.AddMonths(DateTimeOffset.Parse(from, System.Globalization.CultureInfo.InvariantCulture), months),
        Is.EqualTo(DateTimeOffset.Parse(until, System.Globalization.CultureInfo.InvariantCulture)));
}
