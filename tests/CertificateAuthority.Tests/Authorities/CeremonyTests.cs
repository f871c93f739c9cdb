using System.Security.Cryptography;
using Dapper;
using Pechat.CertificateAuthority.Authorities;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.CertificateAuthority.Tests.Authorities;

internal sealed class CeremonyTests
{
    private RunningAuthority _authority = null!;

    [SetUp]
    public async Task StartAsync() => _authority = await RunningAuthority.StartAsync(ceremony: false);

    [TearDown]
    public async Task StopAsync() => await _authority.DisposeAsync();

    [Test, Property("Clause", "EN 319 411-1 §6.5.1")]
    public async Task Ceremony_can_be_repeated_and_changes_nothing()
    {
        await _authority.HoldCeremonyAsync(RunningAuthority.Script);
        string root = Output("root.pem"), chain = Output("chain.pem");
        IReadOnlyList<string> reports = await _authority.HoldCeremonyAsync(RunningAuthority.Script);
        Assert.That(reports, Is.EqualTo(new[] { "root: exists", "people-ca: exists" }));
        Assert.That((Output("root.pem"), Output("chain.pem")), Is.EqualTo((root, chain)));
        using var openssl = new OpenSsl();
        openssl.Write("root.pem", System.Text.Encoding.ASCII.GetBytes(root));
        openssl.Write("chain.pem", System.Text.Encoding.ASCII.GetBytes(chain));
        Assert.That(openssl.Succeed("verify", "-x509_strict", "-check_ss_sig", "-CAfile", "root.pem", "chain.pem"), Does.Contain("chain.pem: OK"));
        Assert.That(chain, Does.EndWith(root), "the root comes last");
        _authority.Cluster.Logs.ExpectError(103); // the framework logs a service that is not ready yet as an Error
        await _authority.Service.UntilReadyAsync();
        _authority.Cluster.Logs.Verify();
    }

    [Test]
    public async Task Verbs_run_as_processes_of_their_own()
    {
        string script = Path.Combine(_authority.Directory.FullName, "script.yaml");
        await File.WriteAllTextAsync(script, RunningAuthority.Script);
        (int made, string output) = await RunAsync("ceremony", script);
        Assert.That(made, Is.Zero, output);
        Assert.That(output, Does.Contain("people-ca: made").And.Contain("people-ca: OCSP responder certified"));
        Assert.That((await RunAsync("verify-audit")), Is.EqualTo((0, "8 records, the chain is whole\n")), "root, its CRL, people-ca and responder, before and after");
        await File.WriteAllTextAsync(script, RunningAuthority.Script.Replace("name: root", "name: root-2", StringComparison.Ordinal));
        (int refused, string why) = await RunAsync("ceremony", script);
        Assert.That((refused, why), Is.EqualTo((1, "ceremony: there is a root already, root; a second one is refused\n")));
    }

    [Test]
    public async Task Second_root_is_refused()
    {
        await _authority.HoldCeremonyAsync(RunningAuthority.Script);
        string second = RunningAuthority.Script.Replace("name: root", "name: root-2", StringComparison.Ordinal);
        Assert.That(async () => await _authority.HoldCeremonyAsync(second), Throws.TypeOf<CeremonyException>().With.Message.Contain("second"));
        string renamed = RunningAuthority.Script.Replace("Example root", "Another root", StringComparison.Ordinal);
        Assert.That(async () => await _authority.HoldCeremonyAsync(renamed), Throws.TypeOf<CeremonyException>().With.Message.Contain("not made again"));
        await using var connection = await _authority.Database.Owner.OpenConnectionAsync();
        Assert.That(await connection.ExecuteScalarAsync<int>("select count(*) from authority"), Is.EqualTo(2));
        Assert.That(async () => await connection.ExecuteAsync("insert into authority select 'x', 'x', certificate, 'x', 0, created_at from authority where name = 'root'"),
            Throws.Exception.With.Message.Contain("authority_one_root"), "the database refuses it as well");
    }

    [Test]
    public async Task Ceremony_goes_on_where_it_was_interrupted()
    {
        await _authority.HoldCeremonyAsync(RunningAuthority.Script[..RunningAuthority.Script.IndexOf("authorities:", StringComparison.Ordinal)]);
        IReadOnlyList<string> reports = await _authority.HoldCeremonyAsync(RunningAuthority.Script);
        Assert.That(reports[0], Is.EqualTo("root: exists"));
        Assert.That(reports[1], Does.StartWith("people-ca: made"));
    }

    [Test, Property("Clause", "EN 319 421, RFC 3161 §2.3")]
    public async Task Time_stamping_unit_is_certified_from_its_request_once()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] csr = await CertificationRequest.SignAsync(new DistinguishedName([new(Oids.CommonName, "tsu-1")]), SubjectPublicKey.FromTrusted(key), new MemorySigner(key), default);
        await File.WriteAllTextAsync(Path.Combine(_authority.Directory.FullName, "tsu-1.csr.pem"), PemEncoding.WriteString("CERTIFICATE REQUEST", csr));
        string script = RunningAuthority.Script + "\n" + """
            certificates:
              - profile: timestamp-unit
                csr: tsu-1.csr.pem
                certificate: tsu-1.pem
                subject: { country: BG, organization: Example Ltd, commonName: Example TSU 1 }
            """;
        await _authority.HoldCeremonyAsync(script);
        string first = await File.ReadAllTextAsync(Path.Combine(_authority.Directory.FullName, "tsu-1.pem"));
        await _authority.HoldCeremonyAsync(script);
        Assert.That(await File.ReadAllTextAsync(Path.Combine(_authority.Directory.FullName, "tsu-1.pem")), Is.EqualTo(first));

        PemFields fields = PemEncoding.Find(first);
        Certificate unit = Certificate.Parse(Convert.FromBase64String(first[fields.Base64Data]));
        Assert.Multiple(() =>
        {
            Assert.That(unit.Find(Oids.ExtendedKeyUsage)!.Critical, Is.True);
            Assert.That(unit.ExtendedKeyUsages(), Is.EqualTo(new[] { Oids.KpTimeStamping }));
            Assert.That(unit.PrivateKeyUsagePeriod()!.Value.NotAfter, Is.EqualTo(unit.NotBefore.AddYears(1).AddSeconds(-1)));
            Assert.That(unit.Qualified(), Is.Null);
            Assert.That(unit.Subject.Find(Oids.CommonName), Is.EqualTo("Example TSU 1"));
        });
        using var openssl = new OpenSsl();
        openssl.Write("unit.pem", System.Text.Encoding.ASCII.GetBytes(first));
        openssl.Write("root.pem", System.Text.Encoding.ASCII.GetBytes(Output("root.pem")));
        openssl.Write("chain.pem", System.Text.Encoding.ASCII.GetBytes(Output("chain.pem")));
        Assert.That(openssl.Succeed("verify", "-x509_strict", "-purpose", "timestampsign", "-CAfile", "root.pem", "-untrusted", "chain.pem", "unit.pem"), Does.Contain("OK"));
    }

    [TestCase("", "empty", TestName = "empty script")]
    [TestCase("authorities: []", "root is missing", TestName = "no root")]
    [TestCase("root: { name: ROOT, years: 1 }", "lower-case", TestName = "name that cannot stand in a URL")]
    [TestCase("root: { name: root, key: RSA-1024, years: 1 }", "key must be", TestName = "weak key")]
    [TestCase("root: { name: root, years: 99 }", "years", TestName = "too long")]
    [TestCase("root: { name: root, years: 9, color: red }", "color", TestName = "unknown word")]
    [TestCase(": : :", "", TestName = "no YAML")]
    public void Script_that_makes_no_sense_is_refused(string script, string why) =>
        Assert.That(() => CeremonyFile.Parse(script), Throws.TypeOf<CeremonyException>().With.Message.Contain(why));

    private async Task<(int ExitCode, string Output)> RunAsync(params string[] verb)
    {
        var start = new System.Diagnostics.ProcessStartInfo("dotnet", ["exec", typeof(Ceremony).Assembly.Location, .. verb])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PECHAT_CONFIG"] = Directory.GetFiles(_authority.Cluster.Pki.Directory, "certificate-authority-*.json").Single();
        start.Environment["SOFTHSM2_CONF"] = TestHsm.ConfigFile;
        using var process = System.Diagnostics.Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Join('\n', (output + await errors).Split('\n').Where(line => !line.Contains(" info: ", StringComparison.Ordinal))));
    }

    private string Output(string name) => File.ReadAllText(Path.Combine(_authority.Directory.FullName, "out", name));
}
