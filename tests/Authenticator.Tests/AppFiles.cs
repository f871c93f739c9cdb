namespace Pechat.Authenticator.Tests;

/// <summary>The files of the app as they stand in the repository.</summary>
internal static class AppFiles
{
    internal static string Folder { get; } = Path.Combine(Root(), "services", "portal", "Authenticator", "wwwroot");

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Services.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("Services.sln stands in no parent folder of the tests");
    }
}
