using System.Security.Cryptography;
using System.Text;

namespace Pechat.Identity.Profile;

/// <summary>General terms in one language.</summary>
/// <param name="Version">Of the terms; the same in all languages.</param>
/// <param name="Language">Of this text.</param>
/// <param name="Text">Exactly what is shown and accepted.</param>
internal sealed record Terms(string Version, string Language, string Text)
{
    /// <summary>The version in force.</summary>
    internal const string CurrentVersion = "1.0";

    /// <summary>SHA-256 of the text in UTF-8, lower-case hex.</summary>
    public string Sha256 { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    private static readonly Dictionary<string, Terms> Current = new[] { "bg", "en", "pl" }.ToDictionary(l => l, Load, StringComparer.Ordinal);

    /// <summary>The terms in force in a language; null for a language without a text.</summary>
    internal static Terms? In(string language) => Current.GetValueOrDefault(language);

    /// <summary>The language whose text has this hash; null when nothing in force has it.</summary>
    internal static Terms? WithHash(string sha256) => Current.Values.SingleOrDefault(t => t.Sha256 == sha256);

    private static Terms Load(string language)
    {
        using Stream stream = typeof(Terms).Assembly.GetManifestResourceStream($"Pechat.Identity.Profile.TermsTexts.terms-{CurrentVersion}.{language}.txt")!;
        using var reader = new StreamReader(stream);
        return new(CurrentVersion, language, reader.ReadToEnd().ReplaceLineEndings("\n"));
    }
}
