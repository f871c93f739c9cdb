namespace Pechat.Billing.Packages;

/// <summary>An amount in hundredths of a currency; there is no binary floating point on the way .</summary>
internal readonly record struct Money(string Currency, long Minor)
{
    private const decimal LevsPerEuro = 1.95583m; // never rounded, never inverted

    /// <summary>The same amount in the other currency, the result rounded half up to hundredths .</summary>
    internal Money In(string currency) => (Currency, currency) switch
    {
        _ when Currency == currency => this,
        ("BGN", "EUR") => new(currency, Round(Minor / LevsPerEuro)),
        ("EUR", "BGN") => new(currency, Round(Minor * LevsPerEuro)),
        _ => throw new ArgumentOutOfRangeException(nameof(currency), currency, "only BGN and EUR are known"),
    };

    /// <summary>The part without VAT; VAT is what is left, so that the gross price never changes by rounding .</summary>
    internal Money Net(int vatPercent) => this with { Minor = Round(Minor * 100m / (100 + vatPercent)) };

    private static long Round(decimal value) => (long)Math.Round(value, MidpointRounding.AwayFromZero);
}
