using System.Text.RegularExpressions;

namespace Pechat.CertificateStatus.Register;

/// <summary>Texts that look like the number of a person; the register neither takes nor shows one (R-054, AC-210).</summary>
internal static partial class PersonalNumber
{
    /// <summary>Ten digits, grouped or not (EGN and its like), eleven (PESEL), or an identifier by EN 319 412-1 §5.1.3.</summary>
    internal static bool IsIn(string text) => Digits().IsMatch(text) || Identifier().IsMatch(text);

    [GeneratedRegex(@"(?<![0-9A-Za-z])(?:[0-9][ .\-]?){10,11}(?![0-9A-Za-z])", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();

    [GeneratedRegex(@"\b(?:PAS|IDC|PNO|TIN|[A-Z]{2}:)[A-Z]{2}-", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Identifier();
}
