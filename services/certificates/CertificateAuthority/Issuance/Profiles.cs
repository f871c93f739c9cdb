using System.Reflection;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Pechat.CertificateAuthority.Issuance;

/// <summary>All profiles: those built in, and those of the operator, which replace built-in ones of the same name.</summary>
internal sealed class Profiles
{
    private readonly Dictionary<string, Profile> _profiles = new(StringComparer.Ordinal);

    /// <exception cref="ProfileException">A profile is malformed or contradicts a standard; every problem is listed.</exception>
    public Profiles(CertificateAuthorityOptions options)
    {
        var problems = new List<string>();
        var assembly = Assembly.GetExecutingAssembly();
        foreach (string resource in assembly.GetManifestResourceNames().Where(each => each.EndsWith(".yaml", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            Add(resource, reader.ReadToEnd(), problems);
        }
        if (options.ProfileDirectory is { } directory)
        {
            foreach (string file in Directory.GetFiles(directory, "*.yaml").Order(StringComparer.Ordinal))
                Add(file, File.ReadAllText(file), problems);
        }
        if (problems.Count > 0)
            throw new ProfileException(string.Join("; ", problems));
    }

    internal Profile? Find(string name) => _profiles.GetValueOrDefault(name);

    /// <summary>Reads one profile without judging it.</summary>
    /// <exception cref="YamlException">The text is no profile.</exception>
    internal static Profile Read(string yaml) =>
        new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).WithEnumNamingConvention(CamelCaseNamingConvention.Instance)
            .Build().Deserialize<Profile>(yaml) ?? throw new YamlException("the file is empty");

    private void Add(string source, string yaml, List<string> problems)
    {
        try
        {
            Profile profile = Read(yaml);
            problems.AddRange(profile.Problems().Select(each => $"{source}: {each}"));
            _profiles[profile.Name] = profile;
        }
        catch (YamlException e)
        {
            problems.Add($"{source}: {e.Message}");
        }
    }
}

/// <summary>Profiles that the service cannot run with.</summary>
/// <param name="message">Every problem.</param>
#pragma warning disable CA1032 // The message is the whole of it.
internal sealed class ProfileException(string message) : Exception(message);
#pragma warning restore CA1032
