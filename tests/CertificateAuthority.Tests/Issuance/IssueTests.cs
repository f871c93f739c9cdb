using System.Security.Cryptography;
using Dapper;
using Google.Protobuf;
using Grpc.Core;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.CertificateAuthority.Tests.Issuance;

internal sealed class IssueTests : AuthorityTests
{
    [TestCase("P-256"), TestCase("P-384"), TestCase("RSA-2048"), TestCase("RSA-3072"), TestCase("RSA-4096"), Requirement("S1-13"), Property("Clause", "EN 319 412-2")]
    public async Task Qualified_certificate_for_three_years_is_accepted_by_openssl(string kind)
    {
        using AsymmetricAlgorithm key = kind switch
        {
            "P-256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
            "P-384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
            _ => RSA.Create(int.Parse(kind.AsSpan(4), null)),
        };
        IssuedCertificate issued = await Authority.Issuer.IssueAsync(await RunningAuthority.RequestAsync(key));
        using var openssl = new OpenSsl();
        openssl.WritePem("leaf.pem", "CERTIFICATE", issued.Certificate.Memory);
        openssl.WritePem("ca.pem", "CERTIFICATE", issued.Chain[0].Memory);
        openssl.WritePem("root.pem", "CERTIFICATE", issued.Chain[1].Memory);
        Assert.That(openssl.Succeed("verify", "-x509_strict", "-check_ss_sig", "-CAfile", "root.pem", "-untrusted", "ca.pem", "leaf.pem"), Does.Contain("leaf.pem: OK"));

        Certificate leaf = Certificate.Parse(issued.Certificate.Memory);
        Assert.Multiple(() =>
        {
            Assert.That(leaf.NotAfter, Is.EqualTo(leaf.NotBefore.AddYears(3).AddSeconds(-1)));
            Assert.That(leaf.PublicKey.Encoded.ToArray(), Is.EqualTo(key.ExportSubjectPublicKeyInfo()));
            Assert.That(leaf.Serial, Is.EqualTo(issued.Serial));
            Assert.That(leaf.KeyUsage(), Is.EqualTo(KeyUsages.NonRepudiation));
            Assert.That(leaf.Policies(), Does.Contain(Oids.PolicyQcpNaturalQscd));
            Assert.That(leaf.Qualified(), Has.Property(nameof(QcStatements.Compliance)).True.And.Property(nameof(QcStatements.QualifiedDevice)).True);
            Assert.That(leaf.Subject.Attributes.Select(each => each.Oid), Is.EqualTo(new[] { Oids.Country, Oids.GivenName, Oids.Surname, Oids.SerialNumber, Oids.CommonName }));
            Assert.That(leaf.OcspUrls(), Is.EqualTo(new[] { "http://ca.example/ocsp" }));
            Assert.That(leaf.CrlUrls(), Is.EqualTo(new[] { "http://ca.example/crl/people-ca.crl" }));
            Assert.That(leaf.CaIssuersUrls(), Is.EqualTo(new[] { "http://ca.example/ca/people-ca.cer" }));
            Assert.That(issued.Status.State, Is.EqualTo(CertificateState.Active));
        });
    }

    [Test]
    public async Task Same_request_answers_the_same_certificate_and_one_event()
    {
        IssueRequest request = await RunningAuthority.RequestAsync();
        IssuedCertificate[] answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Authority.Issuer.IssueAsync(request).ResponseAsync));
        Assert.That(answers.Select(each => each.Certificate).Distinct().Count(), Is.EqualTo(1));
        IReadOnlyList<string> events = [.. (await EventsAsync("certificate-issued.v1")).Where(each => each.Contains(request.RequestId, StringComparison.Ordinal))];
        Assert.That(events.Single(), Does.Contain(answers[0].Serial).And.Contain(request.CredentialId).And.Contain(request.CustomerId));
    }

    [Test]
    public async Task Same_request_with_another_key_is_refused()
    {
        IssueRequest first = await RunningAuthority.RequestAsync();
        await Authority.Issuer.IssueAsync(first);
        IssueRequest second = await RunningAuthority.RequestAsync();
        (second.RequestId, second.CustomerId, second.CredentialId) = (first.RequestId, first.CustomerId, first.CredentialId);
        await RefusedAsync(second, StatusCode.FailedPrecondition, "request_mismatch");
    }

    [Test, Property("Clause", "EN 319 411-1 §6.3.3")]
    public async Task Same_key_for_another_holder_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Authority.Issuer.IssueAsync(await RunningAuthority.RequestAsync(key));
        await RefusedAsync(await RunningAuthority.RequestAsync(key), StatusCode.InvalidArgument, "invalid_csr");
    }

    [Test, Property("Clause", "RFC 2986")]
    public async Task Request_without_possession_of_the_key_is_refused()
    {
        IssueRequest request = await RunningAuthority.RequestAsync();
        byte[] csr = request.Csr.ToByteArray();
        csr[csr.AsSpan().IndexOf("whoever"u8)] ^= 1;
        request.Csr = ByteString.CopyFrom(csr);
        await RefusedAsync(request, StatusCode.InvalidArgument, "invalid_csr");
        request.Csr = ByteString.CopyFrom(csr, 0, csr.Length - 1);
        await RefusedAsync(request, StatusCode.InvalidArgument, "invalid_csr");
    }

    [Test, Property("Clause", "TS 119 312")]
    public async Task Weak_and_foreign_keys_are_refused()
    {
        using var rsa1024 = RSA.Create(1024);
        using var p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        using var brainpool = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);
        foreach (AsymmetricAlgorithm key in new AsymmetricAlgorithm[] { rsa1024, p521, brainpool })
            await RefusedAsync(await RunningAuthority.RequestAsync(key), StatusCode.InvalidArgument, "invalid_csr");

        using var openssl = new OpenSsl();
        openssl.Succeed("req", "-new", "-newkey", "rsa:2048", "-pkeyopt", "rsa_keygen_pubexp:3", "-nodes", "-keyout", "key.pem", "-subj", "/CN=small exponent", "-outform", "DER", "-out", "request.der");
        IssueRequest small = await RunningAuthority.RequestAsync();
        small.Csr = ByteString.CopyFrom(openssl.Read("request.der"));
        await RefusedAsync(small, StatusCode.InvalidArgument, "invalid_csr");
    }

    [Test]
    public async Task Extensions_of_the_request_never_reach_the_certificate()
    {
        using var openssl = new OpenSsl();
        openssl.Succeed("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem", "-subj", "/CN=evil",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "subjectAltName=email:evil@example.org", "-outform", "DER", "-out", "request.der");
        IssueRequest request = await RunningAuthority.RequestAsync();
        request.Csr = ByteString.CopyFrom(openssl.Read("request.der"));
        Certificate leaf = Certificate.Parse((await Authority.Issuer.IssueAsync(request)).Certificate.Memory);
        Assert.That(leaf.Find(Oids.BasicConstraints), Is.Null);
        Assert.That(leaf.Encoded.Span.IndexOf("evil"u8), Is.Negative);
    }

    private static IEnumerable<TestCaseData> BadSubjects()
    {
        yield return Case("country in lower case", subject => subject.Country = "bg");
        yield return Case("no country", subject => subject.Country = "");
        yield return Case("no names", subject => (subject.GivenName, subject.Surname) = ("", ""));
        yield return Case("no common name", subject => subject.CommonName = "");
        yield return Case("no identifier", subject => subject.SerialNumber = "");
        yield return Case("identifier without hyphen", subject => subject.SerialNumber = "PNOBG8001014509");
        yield return Case("identifier without country", subject => subject.SerialNumber = "PNO-1");
        yield return Case("identifier in lower case", subject => subject.SerialNumber = "pnoBG-1");
        yield return Case("deprecated TAX", subject => subject.SerialNumber = "TAXBG-1");
        yield return Case("unknown national scheme", subject => subject.SerialNumber = "XX:BG-1");
        yield return Case("organisation in a personal certificate", subject => subject.Organization = "Example");
        yield return Case("control character", subject => subject.CommonName = "Мария\u0007");
        yield return Case("name that is not NFC", subject => subject.CommonName = "e\u0301");
        yield return Case("blank at the end", subject => subject.Surname = "Иванова ");
        yield return Case("e-mail with a display name", subject => subject.Email = "Maria <maria@example.org>");
        yield return Case("e-mail in Cyrillic", subject => subject.Email = "мария@example.org");

        static TestCaseData Case(string name, Action<Subject> change) => new TestCaseData(change).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(BadSubjects)), Property("Clause", "EN 319 412-2 §4.2.4, EN 319 412-1 §5.1")]
    public async Task Subject_that_breaks_a_rule_is_refused(Action<Subject> change)
    {
        IssueRequest request = await RunningAuthority.RequestAsync();
        change(request.Subject);
        await RefusedAsync(request, StatusCode.InvalidArgument, "invalid_subject");
    }

    [TestCase("PASBG-123456789"), TestCase("IDCBG-987654321"), TestCase("TINBG-8001014509"), TestCase("PI:BG-1000000000"), Property("Clause", "EN 319 412-1 §5.1.3")]
    public async Task Identifier_of_a_known_type_is_accepted(string identifier)
    {
        IssueRequest request = await RunningAuthority.RequestAsync();
        request.Subject.SerialNumber = identifier;
        Certificate leaf = Certificate.Parse((await Authority.Issuer.IssueAsync(request)).Certificate.Memory);
        Assert.That(leaf.Subject.Find(Oids.SerialNumber), Is.EqualTo(identifier));
        Assert.That(leaf.Qualified()!.RegistrationAuthorities.Count, Is.EqualTo(identifier[2] == ':' ? 1 : 0));
    }

    [Test]
    public async Task Profile_for_the_house_or_unknown_is_refused()
    {
        IssueRequest request = await RunningAuthority.RequestAsync();
        request.Profile = "timestamp-unit";
        await RefusedAsync(request, StatusCode.InvalidArgument, "unknown_profile");
        request.Profile = "";
        await RefusedAsync(request, StatusCode.InvalidArgument, "unknown_profile");
    }

    [Test]
    public void Caller_that_is_not_registration_is_refused()
    {
        var client = new Issuer.IssuerClient(Authority.Cluster.Channel(Authority.Service, "signing"));
        RpcException refused = Assert.ThrowsAsync<RpcException>(async () => await client.IssueAsync(await RunningAuthority.RequestAsync()))!;
        Assert.That(refused.StatusCode, Is.EqualTo(StatusCode.PermissionDenied));
    }

    [Test]
    public async Task Intent_left_by_a_crash_is_signed_by_the_next_attempt_with_the_same_bytes()
    {
        IssueRequest request = await RunningAuthority.RequestAsync();
        IssuedCertificate first = await Authority.Issuer.IssueAsync(request);
        await using (var connection = await Authority.Database.Owner.OpenConnectionAsync())
            await connection.ExecuteAsync("update certificate set certificate = null, state = 'intended' where serial = @Serial", new { first.Serial });
        Assert.That(async () => await Authority.Issuer.GetCertificateAsync(new GetCertificateRequest { Serial = first.Serial }),
            Throws.TypeOf<RpcException>().With.Property(nameof(RpcException.StatusCode)).EqualTo(StatusCode.NotFound), "an intent is no certificate");

        IssuedCertificate second = await Authority.Issuer.IssueAsync(request);
        Assert.That(Certificate.Parse(second.Certificate.Memory).Signed.Tbs.ToArray(), Is.EqualTo(Certificate.Parse(first.Certificate.Memory).Signed.Tbs.ToArray()));
    }

    [Test]
    public async Task Certificate_is_found_by_its_serial_number()
    {
        IssuedCertificate issued = await Authority.IssueAsync();
        IssuedCertificate found = await Authority.Issuer.GetCertificateAsync(new GetCertificateRequest { Serial = issued.Serial });
        Assert.That(found, Is.EqualTo(issued));
    }

    [Test]
    public async Task Token_that_restarts_is_found_again()
    {
        await Authority.IssueAsync();
        TestHsm.Restart();
        Assert.That((await Authority.IssueAsync()).Status.State, Is.EqualTo(CertificateState.Active));
    }

    private async Task RefusedAsync(IssueRequest request, StatusCode status, string code)
    {
        try
        {
            await Authority.Issuer.IssueAsync(request);
        }
        catch (RpcException e)
        {
            Assert.That((e.StatusCode, e.Trailers.GetValue("pechat-code")), Is.EqualTo((status, code)), e.Status.Detail);
            await using var connection = await Authority.Database.Owner.OpenConnectionAsync();
            Assert.That(await connection.ExecuteScalarAsync<int>("select count(*) from certificate where request_id = @id and customer_id = @customer and state = 'intended'",
                new { id = Guid.Parse(request.RequestId), customer = Guid.Parse(request.CustomerId) }), Is.Zero, "nothing was intended");
            return;
        }
        Assert.Fail($"{code} was expected");
    }
}
