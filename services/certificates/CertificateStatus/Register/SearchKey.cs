using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Pechat.CertificateStatus.Register;

/// <summary>
/// Names as they are compared: words only, lower case, Latin letters. Certificates carry the Latin name of the identity document while people
/// search in Cyrillic, so both are brought to one form by the Bulgarian transliteration.
/// </summary>
internal static class SearchKey
{
    private const int MaxTurns = 12; // words of a name that can begin a search
    private const string LastCharacter = "\U0010FFFF";

    private static readonly FrozenDictionary<char, string> Latin = new Dictionary<char, string>
    {
        ['а'] = "a", ['б'] = "b", ['в'] = "v", ['г'] = "g", ['д'] = "d", ['е'] = "e", ['ж'] = "zh", ['з'] = "z", ['и'] = "i", ['й'] = "y",
        ['к'] = "k", ['л'] = "l", ['м'] = "m", ['н'] = "n", ['о'] = "o", ['п'] = "p", ['р'] = "r", ['с'] = "s", ['т'] = "t", ['у'] = "u",
        ['ф'] = "f", ['х'] = "h", ['ц'] = "ts", ['ч'] = "ch", ['ш'] = "sh", ['щ'] = "sht", ['ъ'] = "a", ['ь'] = "y", ['ю'] = "yu", ['я'] = "ya",
        ['ѝ'] = "i", ['ё'] = "yo", ['ы'] = "y", ['э'] = "e", // as neighbours write
    }.ToFrozenDictionary();

    /// <summary>The key of a text; empty when it holds neither letters nor digits.</summary>
    internal static string Of(string text) => string.Join(' ', Words(text));

    /// <summary>The end of the range in which all keys that begin with <paramref name="key"/> lie; itself outside.</summary>
    internal static string EndOf(string key) => key + LastCharacter;

    /// <summary>The key turned so that each of its words comes first once: "maria ivanova", "ivanova maria".</summary>
    internal static IReadOnlyCollection<string> TurnsOf(string text)
    {
        string[] words = Words(text);
        return [.. Enumerable.Range(0, Math.Min(words.Length, MaxTurns)).Select(i => string.Join(' ', [.. words[i..], .. words[..i]])).Distinct()];
    }

    private static string[] Words(string text)
    {
        var letters = new StringBuilder(text.Length);
        foreach (char each in text.Normalize(NormalizationForm.FormKC).ToLowerInvariant())
        {
            if (Latin.TryGetValue(each, out string? latin))
                letters.Append(latin);
            else
                letters.Append(char.IsLetterOrDigit(each) || char.IsSurrogate(each) || char.GetUnicodeCategory(each) == UnicodeCategory.NonSpacingMark ? each : ' ');
        }
        // At the end of a word "ия" becomes "ia", elsewhere "iya"; whoever has not typed the end yet must find both.
        letters.Replace("iya", "ia");
        return letters.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
