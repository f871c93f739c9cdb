using System.Diagnostics;
using Pechat.Testing;

namespace Pechat.SystemTests.DevHost;

/// <summary>What the entry scripts do on a machine that lacks something; the package manager is a stand-in that says how it was called.</summary>
internal sealed class PrerequisitesTests
{
    private const string Lacking = "need no-such-programme some-package; install_missing";
    private const string NotRoot = "id() { echo 1000; }; ";
    private const string NoSudo = "command() { [ \"${2:-}\" != sudo ] && builtin command \"$@\"; }; ";

    private string _directory = "";

    [SetUp]
    public void MakeDirectory()
    {
        _directory = Directory.CreateTempSubdirectory("pechat-prerequisites-").FullName;
        Programme("apt-get", "echo \"apt-get $*\" >> calls");
        Programme("sudo", "echo sudo >> calls; exec \"$@\"");
    }

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(_directory, recursive: true);

    [Test]
    public void What_is_missing_is_installed_without_anything_else()
    {
        (int code, _) = Run($"id() {{ echo 0; }}; {Lacking}");
        Assert.That(code, Is.Zero);
        Assert.That(Calls, Is.EqualTo(new[] { "apt-get update -qq", "apt-get install -y -qq --no-install-recommends some-package" }));
    }

    [Test]
    public void Another_user_than_root_asks_sudo()
    {
        (int code, _) = Run(NotRoot + Lacking);
        Assert.That(code, Is.Zero);
        Assert.That(Calls, Is.EqualTo(new[] { "sudo", "apt-get update -qq", "sudo", "apt-get install -y -qq --no-install-recommends some-package" }));
    }

    [Test]
    public void Without_root_and_sudo_the_message_names_the_command()
    {
        (int code, string said) = Run(NotRoot + NoSudo + Lacking);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(said, Is.EqualTo("Missing: some-package. Run as root: apt-get install some-package\n"));
        Assert.That(Calls, Is.Empty);
    }

    [Test]
    public void Failed_installation_ends_the_script_and_names_the_packages()
    {
        Programme("apt-get", "[ \"$1\" = update ]");
        (int code, string said) = Run($"id() {{ echo 0; }}; {Lacking}");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(said, Does.EndWith("apt-get could not install: some-package\n"));
    }

    [Test]
    public void Nothing_is_installed_where_nothing_is_missing()
    {
        (int code, string said) = Run("install_missing tests");
        Assert.That((code, said), Is.EqualTo((0, "")));
        Assert.That(Calls, Is.Empty);
    }

    private string[] Calls => File.Exists(Path.Combine(_directory, "calls")) ? File.ReadAllLines(Path.Combine(_directory, "calls")) : [];

    private void Programme(string name, string body)
    {
        string file = Path.Combine(_directory, name);
        File.WriteAllText(file, $"#!/bin/bash\n{body}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private (int Code, string Said) Run(string script)
    {
        using Process process = Process.Start(new ProcessStartInfo("bash", ["-c", $"set -euo pipefail; source {Repository.PathOf("build", "prerequisites")}; {script}"])
        {
            WorkingDirectory = _directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["PATH"] = $"{_directory}:{Environment.GetEnvironmentVariable("PATH")}" },
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.GetAwaiter().GetResult() + errors);
    }
}
