using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Options;

namespace Pechat.Hosting;

/// <summary>Options that stop the start when they hold an unknown key or a bad value.</summary>
public static class ValidatedOptions
{
    /// <summary>Reads <typeparamref name="T"/> from a section; it is injected as itself or as <see cref="IOptions{T}"/>.</summary>
    /// <param name="services">Where to register.</param>
    /// <param name="section">Path of the section, e.g. <c>Signing</c>.</param>
    public static IServiceCollection AddValidatedOptions<T>(this IServiceCollection services, string section) where T : class, new()
    {
        if (services.Any(s => s.ServiceType == typeof(T)))
            return services;
        services.AddSingleton(new OptionsSection(typeof(T), section));
        services.AddSingleton(provider => Read<T>(provider.GetRequiredService<IConfiguration>(), section));
        services.AddSingleton<IOptions<T>>(provider => Options.Create(provider.GetRequiredService<T>()));
        return services;
    }

    /// <summary>Names another top-level section that may stand in the configuration files.</summary>
    public static IServiceCollection AllowSection(this IServiceCollection services, string section) =>
        services.AddSingleton(new OptionsSection(null, section));

    /// <summary>Reads and checks one section outside a host, as a command line verb needs it.</summary>
    /// <exception cref="ConfigurationException">The section is refused.</exception>
    public static T Read<T>(IConfiguration configuration, string section) where T : class, new()
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var problems = new List<string>();
        return (T)(OptionsReader.Read(typeof(T), configuration.GetSection(section), problems) ?? throw new ConfigurationException(problems));
    }

    /// <summary>Judges every registered section, and the top level of the files, at once.</summary>
    /// <exception cref="ConfigurationException">Something is wrong; everything that is wrong is listed.</exception>
    internal static void ThrowIfRefused(IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var problems = new List<string>();
        OptionsSection[] sections = [.. services.GetServices<OptionsSection>()];
        var known = sections.Select(s => s.Path.Split(':')[0]).Append("Logging").Append("AllowedHosts").ToHashSet(StringComparer.OrdinalIgnoreCase);
        // Only files are judged at the top level: the environment and the command line hold other people's keys as well.
        var keys = configuration is IConfigurationRoot root
            ? root.Providers.OfType<JsonConfigurationProvider>().SelectMany(p => p.GetChildKeys([], null)).Distinct(StringComparer.OrdinalIgnoreCase)
            : [];
        problems.AddRange(keys.Where(k => !known.Contains(k)).Select(k => $"{k}: unknown section"));
        foreach (OptionsSection section in sections.Where(s => s.Type is not null))
            OptionsReader.Read(section.Type!, configuration.GetSection(section.Path), problems);
        foreach (IConfigurationProblem check in services.GetServices<IConfigurationProblem>())
            problems.AddRange(check.Find(configuration));
        if (problems.Count > 0)
            throw new ConfigurationException(problems);
    }

    private sealed record OptionsSection(Type? Type, string Path);
}

/// <summary>A check of the configuration that no single options object can make.</summary>
internal interface IConfigurationProblem
{
    /// <summary>What is wrong, each starting with the key.</summary>
    IEnumerable<string> Find(IConfiguration configuration);
}
