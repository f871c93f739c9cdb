using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Pechat.Persistence;

/// <summary>One embedded script, <c>Migrations/0001_name.sql</c>.</summary>
/// <param name="Number">Its place in the order, from 1.</param>
/// <param name="Name">Name of the file without its folder.</param>
/// <param name="Sql">Its text.</param>
internal sealed partial record MigrationScript(int Number, string Name, string Sql)
{
    /// <summary>SHA-256 of the text with LF line ends, upper-case hex.</summary>
    public string Checksum { get; } = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.ReplaceLineEndings("\n"))));

    /// <summary>The scripts of an assembly in order.</summary>
    /// <exception cref="InvalidOperationException">A name has another shape, or a number is missing or used twice.</exception>
    internal static IReadOnlyList<MigrationScript> Of(Assembly assembly)
    {
        List<MigrationScript> scripts = [];
        foreach (string resource in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal)))
        {
            Match match = Shape().Match(resource);
            if (!match.Success)
                throw new InvalidOperationException($"{resource} is not named Migrations/0001_name.sql");
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            scripts.Add(new(int.Parse(match.Groups[2].ValueSpan, System.Globalization.CultureInfo.InvariantCulture), match.Groups[1].Value, reader.ReadToEnd()));
        }
        scripts.Sort((a, b) => a.Number.CompareTo(b.Number));
        for (int i = 0; i < scripts.Count; i++)
        {
            if (scripts[i].Number != i + 1)
                throw new InvalidOperationException($"migrations must be numbered without gaps; {scripts[i].Name} is number {i + 1}");
        }
        return scripts;
    }

    [GeneratedRegex(@"\.Migrations\.((\d{4})_[a-z0-9_]+\.sql)$")]
    private static partial Regex Shape();
}
