using System.Text;

namespace Pechat.Identity.People;

/// <summary>One part of a person's name: as the document writes it, and in the Latin letters that the certificate will carry.</summary>
/// <param name="Native">Spelling of the document, may be Cyrillic.</param>
/// <param name="Latin">Latin spelling.</param>
/// <param name="NeedsReview">The Latin spelling given differs from the transliteration: a review item, no rejection .</param>
internal sealed record PersonName(string Native, string Latin, bool NeedsReview)
{
    /// <summary>Longest accepted name part, in UTF-16 characters (upper bound of X.520 givenName and surname).</summary>
    public const int MaxLength = 64;

    /// <summary>Reads a name part.</summary>
    /// <param name="native">As in the document.</param>
    /// <param name="latin">Latin spelling of the document; null when it shows none.</param>
    /// <returns>Null when a part is empty, too long or holds other characters than letters, blanks, hyphens, points and apostrophes.</returns>
    public static PersonName? TryParse(string? native, string? latin)
    {
        string? own = Clean(native);
        if (own is null)
            return null;
        string derived = Transliteration.ToLatin(own);
        string? given = string.IsNullOrWhiteSpace(latin) ? derived : Clean(latin);
        return given is null || Transliteration.IsCyrillic(given)
            ? null
            : new(own, given, !string.Equals(given, derived, StringComparison.OrdinalIgnoreCase));
    }

    private static string? Clean(string? part)
    {
        if (part is null || part.Length > 4 * MaxLength)
            return null;
        string text = string.Join(' ', part.Normalize(NormalizationForm.FormC).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return text.Length is 0 or > MaxLength || !char.IsLetter(text[0]) || text.Any(c => !(char.IsLetter(c) || c is ' ' or '-' or '.' or '\'' or '’'))
            ? null
            : text;
    }
}
