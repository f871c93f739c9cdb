using Pechat.Testing;

namespace Pechat.Authenticator.Tests;

/// <summary>The files of the app as they stand in the repository.</summary>
internal static class AppFiles
{
    internal static string Folder { get; } = Repository.PathOf("services", "portal", "Authenticator", "wwwroot");
}
