using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Pechat.Notifications.Sending;

/// <summary>A text ready to send.</summary>
internal sealed record RenderedText(string Subject, string Body);

/// <summary>
/// The texts, one embedded file each: <c>bg/contact-confirmation</c>. The first line is the subject, the body begins on the third;
/// <c>{name}</c> stands for a value.
/// </summary>
internal sealed partial class TextTemplates
{
    /// <summary>Used where a language has no texts.</summary>
    internal const string DefaultLanguage = "en";

    private readonly FrozenDictionary<string, string> _texts;

    private TextTemplates(FrozenDictionary<string, string> texts) => _texts = texts;

    /// <summary>Whether there is a text of this name.</summary>
    internal bool Has(string name) => _texts.ContainsKey($"{DefaultLanguage}/{name}");

    /// <summary>All texts by language and name.</summary>
    internal IEnumerable<string> Keys => _texts.Keys;

    /// <summary>The text in a language, or in <see cref="DefaultLanguage"/>, with its values filled in.</summary>
    /// <exception cref="KeyNotFoundException">There is no such text, or it names a value that is not given.</exception>
    internal RenderedText Render(string name, string language, IReadOnlyDictionary<string, string> values)
    {
        string text = _texts.GetValueOrDefault($"{language}/{name}") ?? _texts[$"{DefaultLanguage}/{name}"];
        string filled = Placeholder().Replace(text, match => values[match.Groups[1].Value]);
        int end = filled.IndexOf('\n', StringComparison.Ordinal);
        return new(filled[..end], filled[(end + 1)..].TrimStart('\n'));
    }

    internal static TextTemplates Load()
    {
        var assembly = typeof(TextTemplates).Assembly;
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string resource in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".txt", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            texts[resource[..^4].Replace('\\', '/')] = reader.ReadToEnd().ReplaceLineEndings("\n");
        }
        return new(texts.ToFrozenDictionary(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"\{([a-z]+)\}")]
    private static partial Regex Placeholder();
}
