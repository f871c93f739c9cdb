namespace Pechat.Testing;

/// <summary>The repository that the tests were built from, for tests that read its files.</summary>
public static class Repository
{
    /// <summary>The folder with Services.sln.</summary>
    public static string Root { get; } = Find();

    /// <summary>A path below <see cref="Root"/>.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Services.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("Services.sln stands in no parent folder of the tests");
    }
}
