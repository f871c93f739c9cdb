using System.Xml.Linq;
using Pechat.Testing;

namespace Pechat.Architecture.Tests;

/// <summary>A project as its file describes it.</summary>
/// <param name="Path">Path of the project file, relative to the repository, with forward slashes.</param>
/// <param name="References">Names of the projects it references.</param>
/// <param name="Packages">Names of the packages it references.</param>
/// <param name="Versions">Package versions that the file states itself.</param>
internal sealed record Project(
    string Path, IReadOnlyList<string> References, IReadOnlyList<string> Packages, IReadOnlyList<string> Versions)
{
    internal string Name { get; } = System.IO.Path.GetFileNameWithoutExtension(Path);

    internal bool IsIn(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);

    internal static Project Read(string root, string file)
    {
        XDocument xml = XDocument.Load(file);
        return new(
            System.IO.Path.GetRelativePath(root, file).Replace('\\', '/'),
            [.. xml.Descendants("ProjectReference").Select(e => Stem((string)e.Attribute("Include")!))],
            [.. xml.Descendants("PackageReference").Select(e => (string)e.Attribute("Include")!)],
            [.. xml.Descendants("PackageReference").Select(e => (string?)e.Attribute("Version")).OfType<string>()]);
    }

    private static string Stem(string include) => include.Replace('\\', '/').Split('/')[^1].Replace(".csproj", "", StringComparison.Ordinal);
}

/// <summary>A source file.</summary>
/// <param name="Path">Relative to the repository, with forward slashes.</param>
/// <param name="Text">Its text.</param>
internal sealed record SourceFile(string Path, string Text);

/// <summary>The repository as the rules see it; a planted violation is a house with one thing added.</summary>
internal sealed record House(IReadOnlyList<Project> Projects, IReadOnlyList<SourceFile> Sources)
{
    internal static string Root => Repository.Root;

    internal static House Read()
    {
        string[] files = [.. Directory.EnumerateFiles(Root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Where(f => !Skipped(System.IO.Path.GetRelativePath(Root, f)))];
        return new(
            [.. files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal)).Select(f => Project.Read(Root, f))],
            [.. files.Where(f => f.EndsWith(".cs", StringComparison.Ordinal))
                .Select(f => new SourceFile(System.IO.Path.GetRelativePath(Root, f).Replace('\\', '/'), File.ReadAllText(f)))]);
    }

    internal House With(Project project) => this with { Projects = [.. Projects, project] };

    internal House With(SourceFile source) => this with { Sources = [.. Sources, source] };

    private static bool Skipped(string relative) =>
        relative.Split('/', '\\').Any(part => part is "bin" or "obj" or "node_modules" or ".git" or ".run");
}
