using System.Text.RegularExpressions;

namespace Pechat.Architecture.Tests;

/// <summary>The rules of the house. Each answers the violations it finds as sentences.</summary>
internal static partial class Rules
{
    private static readonly string[] KeyHolders = ["CertificateAuthority", "SignatureActivation", "Timestamping"];
    private static readonly string[] ForbiddenNames = ["Common", "Core", "Utils", "Helpers", "Extensions", "Base"];
    private static readonly string[] ForbiddenServiceFolders = ["Controllers", "Services", "Repositories", "Models"];

    // shared/Grpc/Core mirrors the namespace Grpc.Core of the official package, which the folder stands in for.
    private static readonly string[] AllowedFolders = ["shared/Grpc/Core"];

    /// <summary>Where a package may be referenced, as folder prefixes; a package that is not listed may be referenced nowhere.</summary>
    private static readonly Dictionary<string, string[]> PackageTable = new(StringComparer.Ordinal)
    {
        ["BenchmarkDotNet"] = ["tests/Benchmarks"],
        ["Dapper"] = ["shared/Persistence", "tests"],
        ["FsCheck"] = ["tests"],
        ["Google.Protobuf"] = ["shared/Grpc", "shared/Contracts", "tests/Shared.Tests", "tests/Benchmarks"],
        ["Grpc.Tools"] = ["shared/Grpc", "shared/Contracts", "tests/Shared.Tests", "tests/Benchmarks"],
        ["MassTransit"] = ["shared/Messaging", "tests/Testing"],
        ["MassTransit.Abstractions"] = ["shared/Contracts"],
        ["MassTransit.RabbitMQ"] = ["shared/Messaging"],
        ["Microsoft.AspNetCore.Mvc.Testing"] = ["tests"],
        ["Microsoft.AspNetCore.OpenApi"] = ["services/signing/Signing"],
        ["Microsoft.IdentityModel.JsonWebTokens"] = ["shared/Hosting", "services/identity/Identity", "build/DevHost", "tests"],
        ["Microsoft.NET.Test.Sdk"] = ["tests"],
        ["Microsoft.Playwright"] = ["tests/System.Tests"],
        ["NUnit"] = ["tests"],
        ["NUnit3TestAdapter"] = ["tests"],
        ["Npgsql"] = ["shared/Persistence", "build/DevHost", "tests"],
        ["OpenTelemetry"] = ["shared/Hosting"],
        ["OpenTelemetry.Exporter.OpenTelemetryProtocol"] = ["shared/Hosting"],
        ["PDFsharp"] = ["tests"],
        ["Polly.Core"] = ["shared/Grpc"],
        ["QRCoder"] = ["services/portal", "services/identity/Identity"],
        ["RabbitMQ.Client"] = ["shared/Messaging", "tests"],
        ["SmtpServer"] = ["build/DevHost", "tests/Testing"],
        ["Spectre.Console"] = ["build/DevHost"],
        ["System.CommandLine"] = ["build/DevHost", "tests/Benchmarks"],
        ["YamlDotNet"] = ["services/certificates/CertificateAuthority", "tests"],
        ["Yarp.ReverseProxy"] = ["gateway/Gateway"],
    };

    internal static IEnumerable<string> Services_reference_no_service(House house)
    {
        var services = house.Projects.Where(IsProcess).Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        return from project in house.Projects.Where(p => IsProcess(p) || p.IsIn("shared"))
               from reference in project.References
               where services.Contains(reference)
               select $"{project.Path} references the service {reference}";
    }

    internal static IEnumerable<string> Only_key_holders_reference_Pkcs11(House house) =>
        from project in house.Projects
        where project.References.Any(r => r is "Pkcs11" or "Hsm") && !KeyHolders.Contains(project.Name) && !project.IsIn("tests") && project.Name != "Hsm"
        select $"{project.Path} could reach a key: it references Pkcs11 or Hsm";

    internal static IEnumerable<string> SignatureActivation_and_Timestamping_do_not_reach_the_broker(House house) =>
        from project in house.Projects
        where project.Name is "SignatureActivation" or "Timestamping" && project.References.Contains("Messaging")
        select $"{project.Path} references Messaging";

    internal static IEnumerable<string> Pki_AdES_and_Pkcs11_use_no_package(House house) =>
        from project in house.Projects
        where project.IsIn("shared") && project.Name is "Pki" or "AdES" or "Pkcs11"
        from package in project.Packages
        select $"{project.Path} uses the package {package}";

    internal static IEnumerable<string> Contracts_hold_events_and_the_fault_only(House house) =>
        from source in house.Sources
        where source.Path.StartsWith("shared/Contracts/", StringComparison.Ordinal)
        where source.Path.StartsWith("shared/Contracts/Events/", StringComparison.Ordinal)
            ? !EventRecord().IsMatch(source.Text)
            : source.Path != "shared/Contracts/FaultException.cs"
        select $"{source.Path} is neither an event with a fixed wire name nor the fault that crosses services";

    internal static IEnumerable<string> Packages_appear_only_where_the_table_allows(House house) =>
        from project in house.Projects
        from package in project.Packages
        where !PackageTable.TryGetValue(package, out string[]? folders) || !folders.Any(f => project.IsIn(f) || project.Path.StartsWith(f + "/", StringComparison.Ordinal))
        select $"{project.Path} uses the package {package}, which the table does not allow there";

    internal static IEnumerable<string> Versions_stand_in_one_file(House house) =>
        from project in house.Projects
        from version in project.Versions
        select $"{project.Path} states the package version {version} itself";

    internal static IEnumerable<string> Nothing_references_tests(House house)
    {
        var tests = house.Projects.Where(p => p.IsIn("tests")).Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        return from project in house.Projects.Where(p => !p.IsIn("tests"))
               from reference in project.References
               where tests.Contains(reference)
               select $"{project.Path} references the test project {reference}";
    }

    internal static IEnumerable<string> No_project_or_folder_has_a_name_that_says_nothing(House house)
    {
        var folders = house.Sources.Select(s => s.Path).Concat(house.Projects.Select(p => p.Path))
            .SelectMany(Ancestors).Distinct(StringComparer.Ordinal)
            .Where(f => !f.StartsWith("tests/", StringComparison.Ordinal) && !AllowedFolders.Any(a => f == a));
        return from folder in folders
               let name = folder.Split('/')[^1]
               where ForbiddenNames.Contains(name)
                   || (folder.StartsWith("services/", StringComparison.Ordinal) && ForbiddenServiceFolders.Contains(name))
               select $"{folder}: a folder named {name} says nothing about its content";
    }

    internal static IEnumerable<string> Time_comes_from_TimeProvider(House house) =>
        from source in house.Sources
        where !source.Path.StartsWith("tests/", StringComparison.Ordinal)
        from line in source.Text.Split('\n')
        where Clock().IsMatch(line) && !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
        select $"{source.Path} reads the clock past TimeProvider: {line.Trim()}";

    private static bool IsProcess(Project project) => project.IsIn("services") || project.IsIn("gateway");

    private static IEnumerable<string> Ancestors(string path)
    {
        for (int slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
            yield return path[..slash];
    }

    [GeneratedRegex(@"\[EntityName\(""[a-z-]+\.v\d+""\)\]\s*\[MessageUrn\(""[a-z-]+\.v\d+""\)\]\s*public sealed record ")]
    private static partial Regex EventRecord();

    [GeneratedRegex(@"\b(DateTime|DateTimeOffset)\s*\.\s*(Utc)?(Now|Today)\b")]
    private static partial Regex Clock();
}
