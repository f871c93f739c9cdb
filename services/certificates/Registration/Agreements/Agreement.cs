using System.Security.Cryptography;
using System.Text;

namespace Pechat.Registration.Agreements;

/// <summary>The trust-services agreement as the exact text that is accepted .</summary>
/// <param name="Version">Version of the text.</param>
/// <param name="Language"><c>bg</c> or <c>en</c>.</param>
/// <param name="Text">The text.</param>
/// <param name="Sha256">Lower-case hex SHA-256 of the text in UTF-8.</param>
internal sealed record Agreement(string Version, string Language, string Text, string Sha256)
{
    internal const string Current = "1.0";

    /// <summary>The agreement in force, in English unless there is a text in the language.</summary>
    internal static Agreement For(string language) => Load(Current, language == "bg" ? "bg" : "en");

    internal static Agreement Load(string version, string language)
    {
        using Stream stream = typeof(Agreement).Assembly.GetManifestResourceStream($"agreement-{version}.{language}.txt")
            ?? throw new InvalidOperationException($"There is no agreement {version} in {language}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        string text = reader.ReadToEnd().ReplaceLineEndings("\n");
        return new(version, language, text, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }
}
