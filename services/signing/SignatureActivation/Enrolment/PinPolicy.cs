namespace Pechat.SignatureActivation.Enrolment;

/// <summary>Which PINs may be chosen: six digits, none that people try first.</summary>
internal static class PinPolicy
{
    internal const int Length = 6;

    // Keypad patterns and years that leaked PIN lists rank high and that no rule below catches.
    private static readonly HashSet<string> Common = ["123321", "147258", "258369", "159357", "159753", "142536", "102030", "112358", "314159", "101112"];

    internal static bool IsWellFormed(string pin) => pin.Length == Length && pin.All(char.IsAsciiDigit);

    /// <summary>Few different digits, an even step (123456, 864209), or a repeated part (121212, 123123, 112233).</summary>
    internal static bool IsTrivial(string pin)
    {
        if (pin.Distinct().Count() < 3 || Common.Contains(pin) || HasEvenStep(pin))
            return true;
        bool repeatsThree = pin[..3] == pin[3..], repeatsTwo = pin[..2] == pin[2..4] && pin[2..4] == pin[4..];
        bool pairs = pin[0] == pin[1] && pin[2] == pin[3] && pin[4] == pin[5];
        return repeatsThree || repeatsTwo || pairs;
    }

    private static bool HasEvenStep(string pin)
    {
        int step = (pin[1] - pin[0] + 10) % 10;
        return Enumerable.Range(1, Length - 1).All(i => (pin[i] - pin[i - 1] + 10) % 10 == step);
    }
}
