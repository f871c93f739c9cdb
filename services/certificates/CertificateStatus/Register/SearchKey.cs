using System.Text;

namespace Pechat.CertificateStatus.Register;

/// <summary>Names as they are compared: lower case, one form per letter, words only.</summary>
internal static class SearchKey
{
    private const int MaxTurns = 12; // words of a name that can begin a search
    private const string LastCharacter = "\U0010FFFF";

    /// <summary>The key of a text; empty when it holds neither letters nor digits.</summary>
    internal static string Of(string text) => string.Join(' ', Words(text));

    /// <summary>The end of the range in which all keys that begin with <paramref name="key"/> lie; itself outside.</summary>
    internal static string EndOf(string key) => key + LastCharacter;

    /// <summary>The key turned so that each of its words comes first once: "мария иванова", "иванова мария".</summary>
    internal static IReadOnlyCollection<string> TurnsOf(string text)
    {
        string[] words = Words(text);
        return [.. Enumerable.Range(0, Math.Min(words.Length, MaxTurns)).Select(i => string.Join(' ', [.. words[i..], .. words[..i]])).Distinct()];
    }

    private static string[] Words(string text)
    {
        var letters = new StringBuilder(text.Length);
        foreach (char each in text.Normalize(NormalizationForm.FormKC).ToLowerInvariant())
            letters.Append(char.IsLetterOrDigit(each) || char.IsSurrogate(each) || char.GetUnicodeCategory(each) == System.Globalization.UnicodeCategory.NonSpacingMark ? each : ' ');
        return letters.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
