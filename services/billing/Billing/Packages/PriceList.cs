namespace Pechat.Billing.Packages;

/// <summary>A price as it was decided: in the currency in which it was born.</summary>
internal sealed record Tariff(string Code, string Currency, long GrossMinor, int VatPercent);

/// <summary>A price as it is shown, in hundredths.</summary>
internal sealed record Price(string Currency, long Gross, long Net, long Vat);

/// <summary>In which currencies a price is shown on a day, the one to pay in first.</summary>
internal static class PriceList
{
    private static readonly DateOnly EuroIntroduced = new(2026, 1, 1);
    private static readonly DateOnly DualDisplayFrom = new(2025, 8, 8);

    internal static IReadOnlyList<Price> On(DateOnly day, Tariff tariff, DateOnly dualDisplayUntil)
    {
        string[] currencies = day < EuroIntroduced
            ? (day >= DualDisplayFrom ? ["BGN", "EUR"] : ["BGN"])
            : (day <= dualDisplayUntil ? ["EUR", "BGN"] : ["EUR"]);
        return [.. currencies.Select(c => Show(new Money(tariff.Currency, tariff.GrossMinor).In(c), tariff.VatPercent))];
    }

    private static Price Show(Money gross, int vatPercent)
    {
        long net = gross.Net(vatPercent).Minor;
        return new(gross.Currency, gross.Minor, net, gross.Minor - net);
    }
}
