namespace Pechat.Identity.People;

/// <summary>Which register a personal number comes from; stored and sent beside the number, never guessed twice .</summary>
internal enum PersonalNumberType
{
    /// <summary>Bulgarian personal number.</summary>
    Egn,

    /// <summary>Bulgarian number of a foreigner.</summary>
    Lnch,

    /// <summary>Polish personal number.</summary>
    Pesel,
}

/// <summary>A personal number whose check digit and date have been verified.</summary>
/// <param name="Type">Register.</param>
/// <param name="Value">Digits only.</param>
/// <param name="BirthDate">The date inside the number; null for numbers without one.</param>
internal sealed record PersonalNumber(PersonalNumberType Type, string Value, DateOnly? BirthDate)
{
    private static ReadOnlySpan<int> EgnWeights => [2, 4, 8, 5, 10, 9, 7, 3, 6];
    private static ReadOnlySpan<int> LnchWeights => [21, 19, 17, 13, 11, 9, 7, 3, 1];
    private static ReadOnlySpan<int> PeselWeights => [1, 3, 7, 9, 1, 3, 7, 9, 1, 3];

    /// <summary>Identifier for the certificate's serialNumber attribute (EN 319 412-1 clause 5.1.3).</summary>
    public string SemanticsIdentifier => Type switch
    {
        PersonalNumberType.Egn => $"PNOBG-{Value}",
        PersonalNumberType.Lnch => $"PI:BG-{Value}",
        _ => $"PNOPL-{Value}",
    };

    /// <summary>The form for lists, notices and logs: <c>850312****</c>.</summary>
    public string Masked => string.Concat(Value.AsSpan(0, 6), new string('*', Value.Length - 6));

    /// <summary>Recognises a number that was typed without its type: a valid EGN wins over a valid LNCh .</summary>
    /// <param name="country">ISO 3166-1 alpha-2, upper case.</param>
    /// <param name="value">What was typed.</param>
    /// <returns>Null when no register of that country knows such a number.</returns>
    public static PersonalNumber? Recognise(string country, string value) => country switch
    {
        "BG" => TryParse(PersonalNumberType.Egn, value) ?? TryParse(PersonalNumberType.Lnch, value),
        "PL" => TryParse(PersonalNumberType.Pesel, value),
        _ => null,
    };

    /// <summary>Reads a number of a known type; null when its digits, date or check digit are wrong.</summary>
    public static PersonalNumber? TryParse(PersonalNumberType type, string value)
    {
        if (value.Length != (type == PersonalNumberType.Pesel ? 11 : 10) || value.Any(c => !char.IsAsciiDigit(c)))
            return null;
        return type switch
        {
            PersonalNumberType.Egn => Sum(value, EgnWeights) % 11 % 10 == Digit(value, 9) && EgnDate(value) is { } born
                ? new(type, value, born)
                : null,
            PersonalNumberType.Lnch => Sum(value, LnchWeights) % 10 == Digit(value, 9) ? new(type, value, null) : null,
            _ => (10 - Sum(value, PeselWeights) % 10) % 10 == Digit(value, 10) && PeselDate(value) is { } born
                ? new(type, value, born)
                : null,
        };
    }

    private static DateOnly? EgnDate(string value) => Two(value, 2) switch
    {
        > 40 and var month => Date(2000, value, month - 40),
        > 20 and var month => Date(1800, value, month - 20),
        var month => Date(1900, value, month),
    };

    private static DateOnly? PeselDate(string value) => Two(value, 2) switch
    {
        > 80 and var month => Date(1800, value, month - 80),
        > 60 and var month => Date(2200, value, month - 60),
        > 40 and var month => Date(2100, value, month - 40),
        > 20 and var month => Date(2000, value, month - 20),
        var month => Date(1900, value, month),
    };

    private static DateOnly? Date(int century, string value, int month)
    {
        int year = century + Two(value, 0), day = Two(value, 4);
        return month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month) ? new(year, month, day) : null;
    }

    private static int Sum(string value, ReadOnlySpan<int> weights)
    {
        int sum = 0;
        for (int i = 0; i < weights.Length; i++)
            sum += weights[i] * Digit(value, i);
        return sum;
    }

    private static int Two(string value, int at) => 10 * Digit(value, at) + Digit(value, at + 1);

    private static int Digit(string value, int at) => value[at] - '0';
}
