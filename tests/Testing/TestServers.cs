using NUnit.Framework;

namespace Pechat.Testing;

/// <summary>Where the real servers are. A missing one skips the test on a laptop and fails it in CI.</summary>
public static class TestServers
{
    /// <summary>The value of an environment variable that names a server.</summary>
    public static string Need(string variable)
    {
        string? value = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrEmpty(value))
            Missing($"{variable} is not set: run build/test, which starts the servers");
        return value!;
    }

    /// <summary>Skips on a laptop, fails in CI.</summary>
    public static void Missing(string why)
    {
        if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
            Assert.Fail(why);
        Assert.Ignore(why);
    }
}
