using System.Text;

namespace Pechat.Identity.People;

/// <summary>Bulgarian names in Latin letters as the Transliteration Act writes them; pre-fills and cross-checks names .</summary>
internal static class Transliteration
{
    private const string Cyrillic = "абвгдежзийклмнопрстуфхцчшщъьюя";

    private static readonly string[] Latin =
    [
        "a", "b", "v", "g", "d", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "h", "ts", "ch", "sh", "sht",
        "a", "y", "yu", "ya",
    ];

    /// <summary>Transliterates every Bulgarian letter and leaves all other characters as they are.</summary>
    public static string ToLatin(string text)
    {
        var result = new StringBuilder(text.Length + 8);
        for (int start = 0; start < text.Length;)
        {
            int end = start;
            while (end < text.Length && char.IsLetter(text[end]))
                end++;
            if (end == start)
                result.Append(text[start++]);
            else
                AppendWord(result, text.AsSpan(start, end - start));
            start = Math.Max(start, end);
        }
        return result.ToString();
    }

    /// <summary>Whether the text holds a Cyrillic letter.</summary>
    public static bool IsCyrillic(string text) => text.Any(c => c is >= '\u0400' and <= '\u04ff');

    private static void AppendWord(StringBuilder result, ReadOnlySpan<char> word)
    {
        bool capitals = word.Length > 1 && IsAllUpper(word);
        if (word.Equals("българия", StringComparison.OrdinalIgnoreCase))
        {
            // The one word that the Act spells by tradition.
            result.Append(capitals ? "BULGARIA" : char.IsUpper(word[0]) ? "Bulgaria" : "bulgaria");
            return;
        }
        for (int i = 0; i < word.Length; i++)
        {
            char lower = char.ToLowerInvariant(word[i]);
            int letter = Cyrillic.IndexOf(lower, StringComparison.Ordinal);
            if (letter < 0)
            {
                result.Append(word[i]);
                continue;
            }
            bool finalIya = lower == 'я' && i > 0 && i == word.Length - 1 && char.ToLowerInvariant(word[i - 1]) == 'и';
            string group = finalIya ? "a" : Latin[letter];
            if (!char.IsUpper(word[i]))
                result.Append(group);
            else if (capitals)
                result.Append(group.ToUpperInvariant());
            else
                result.Append(char.ToUpperInvariant(group[0])).Append(group, 1, group.Length - 1);
        }
    }

    private static bool IsAllUpper(ReadOnlySpan<char> word)
    {
        foreach (char c in word)
        {
            if (!char.IsUpper(c))
                return false;
        }
        return true;
    }
}
