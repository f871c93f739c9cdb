using System.Text.RegularExpressions;

namespace Pechat.Identity.Registration;

/// <summary>An e-mail address: kept as typed, compared without case (R-052).</summary>
/// <param name="Typed">As the customer wrote it, RFC 5321, at most 254 characters.</param>
internal sealed partial record EmailAddress(string Typed)
{
    /// <summary>The form that is unique.</summary>
    public string Key => Typed.ToLowerInvariant();

    /// <summary>Null when this is no deliverable address.</summary>
    public static EmailAddress? TryParse(string? text) =>
        text is { Length: <= 254 } && Shape().IsMatch(text.Trim()) && text.Trim().IndexOf('@', StringComparison.Ordinal) <= 64 ? new(text.Trim()) : null;

    [GeneratedRegex(@"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])$", RegexOptions.NonBacktracking)]
    private static partial Regex Shape();
}

/// <summary>A mobile number in E.164 (R-051).</summary>
/// <param name="Value">With leading +.</param>
internal sealed partial record PhoneNumber(string Value)
{
    /// <summary>Reads national (Bulgarian) and international spellings; null for anything that takes no SMS.</summary>
    public static PhoneNumber? TryParse(string? text)
    {
        if (text is null or { Length: > 40 })
            return null;
        string digits = Separators().Replace(text, "");
        if (digits.StartsWith("00", StringComparison.Ordinal))
            digits = "+" + digits[2..];
        else if (digits.StartsWith('0'))
            digits = "+359" + digits[1..];
        if (!International().IsMatch(digits))
            return null;
        return !digits.StartsWith("+359", StringComparison.Ordinal) || BulgarianMobile().IsMatch(digits) ? new(digits) : null;
    }

    [GeneratedRegex(@"[\s()./-]")]
    private static partial Regex Separators();

    [GeneratedRegex(@"^\+[1-9][0-9]{7,14}$")]
    private static partial Regex International();

    [GeneratedRegex(@"^\+359(87|88|89|98|99)[0-9]{6,7}$")]
    private static partial Regex BulgarianMobile();
}

/// <summary>A contact as lists show it: enough to recognise one's own.</summary>
internal static class ContactMask
{
    /// <summary><c>i***@example.com</c>, <c>+35988*****56</c>.</summary>
    internal static string Of(string contact)
    {
        int at = contact.IndexOf('@', StringComparison.Ordinal);
        return at > 0 ? $"{contact[0]}***{contact[at..]}" : $"{contact[..6]}{new string('*', contact.Length - 8)}{contact[^2..]}";
    }
}
