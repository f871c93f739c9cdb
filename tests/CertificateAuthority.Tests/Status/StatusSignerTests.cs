using Google.Protobuf;
using Grpc.Core;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.CertificateAuthority.Tests.Status;

internal sealed class StatusSignerTests : AuthorityTests
{
    [Test, Requirement("S1-46"), Property("Clause", "RFC 6960")]
    public async Task Openssl_accepts_our_responses()
    {
        IssuedCertificate good = await Authority.IssueAsync(), held = await Authority.IssueAsync();
        await Authority.ChangeAsync(held.Serial, CertificateState.Suspended, 6);
        using var openssl = new OpenSsl();
        openssl.WritePem("root.pem", "CERTIFICATE", good.Chain[1].Memory);
        openssl.WritePem("ca.pem", "CERTIFICATE", good.Chain[0].Memory);
        openssl.WritePem("good.pem", "CERTIFICATE", good.Certificate.Memory);
        openssl.WritePem("held.pem", "CERTIFICATE", held.Certificate.Memory);
        string[] certificates = ["-issuer", "ca.pem", "-cert", "good.pem", "-sha256", "-cert", "held.pem", "-serial", "0x1234567890ABCDEF"];
        openssl.Succeed(["ocsp", .. certificates, "-no_nonce", "-reqout", "request.der"]);
        SignOcspResponseReply reply = await AskAsync(openssl.Read("request.der"));
        openssl.Write("response.der", reply.Response.Span);
        string printed = openssl.Succeed(["ocsp", "-respin", "response.der", .. certificates, "-no_nonce", "-CAfile", "root.pem", "-verify_other", "ca.pem"]);
        Assert.That(printed, Does.Contain("Response verify OK").And.Contain("good.pem: good").And.Contain("held.pem: revoked").And.Contain("certificateHold").And.Contain("0x1234567890ABCDEF: unknown"));

        Certificate responder = OcspResponse.Parse(reply.Response.Memory).Basic!.FindResponder(Certificate.Parse(good.Chain[0].Memory))!;
        Assert.Multiple(() =>
        {
            Assert.That(responder.Find(Oids.OcspNoCheck)!.Value.ToArray(), Is.EqualTo(new byte[] { 5, 0 }));
            Assert.That(responder.KeyUsage(), Is.EqualTo(KeyUsages.DigitalSignature));
            Assert.That(responder.ExtendedKeyUsages(), Is.EqualTo(new[] { Oids.KpOcspSigning }));
        });
    }

    [Test, Property("Clause", "RFC 9654")]
    public async Task Nonce_is_echoed_and_makes_the_answer_uncacheable()
    {
        IssuedCertificate issued = await Authority.IssueAsync();
        byte[] nonce = [.. Enumerable.Range(0, 32).Select(each => (byte)each)];
        CertId id = CertId.Create(Certificate.Parse(issued.Chain[0].Memory), Convert.FromHexString(issued.Serial), DigestAlgorithm.Sha256);
        SignOcspResponseReply with = await AskAsync(OcspRequest.Encode([id], nonce)), without = await AskAsync(OcspRequest.Encode([id]));
        BasicOcspResponse basic = OcspResponse.Parse(with.Response.Memory).Basic!;
        Assert.Multiple(() =>
        {
            Assert.That(basic.Nonce!.Value.ToArray(), Is.EqualTo(nonce));
            Assert.That(basic.Responses[0].Certificate.Encoded.ToArray(), Is.EqualTo(id.Encoded.ToArray()));
            Assert.That((with.Cacheable, without.Cacheable), Is.EqualTo((false, true)));
            Assert.That(without.NextUpdate.ToDateTimeOffset(), Is.EqualTo(OcspResponse.Parse(without.Response.Memory).Basic!.Responses[0].NextUpdate));
        });
    }

    [Test, Property("Clause", "RFC 6960 §2.3")]
    public async Task Malformed_foreign_and_excessive_requests_get_their_status()
    {
        IssuedCertificate issued = await Authority.IssueAsync();
        Certificate issuer = Certificate.Parse(issued.Chain[0].Memory), root = Certificate.Parse(issued.Chain[1].Memory);
        CertId known = CertId.Create(issuer, Convert.FromHexString(issued.Serial));
        Assert.Multiple(async () =>
        {
            Assert.That(await StatusAsync([1, 2, 3]), Is.EqualTo(OcspResponseStatus.MalformedRequest));
            Assert.That(await StatusAsync(new byte[10_001]), Is.EqualTo(OcspResponseStatus.MalformedRequest));
            Assert.That(await StatusAsync(OcspRequest.Encode([known], new byte[129])), Is.EqualTo(OcspResponseStatus.MalformedRequest));
            Assert.That(await StatusAsync(OcspRequest.Encode([.. Enumerable.Repeat(known, 17)])), Is.EqualTo(OcspResponseStatus.MalformedRequest));
            Assert.That(await StatusAsync(OcspRequest.Encode([CertId.Create(Certificate.Parse(issued.Certificate.Memory), new byte[] { 1 })])), Is.EqualTo(OcspResponseStatus.Unauthorized));
            Assert.That(await StatusAsync(OcspRequest.Encode([CertId.Create(root, new byte[] { 1 })])), Is.EqualTo(OcspResponseStatus.Unauthorized), "the root answers by its CRL");
            Assert.That(await StatusAsync(OcspRequest.Encode([known, CertId.Create(root, new byte[] { 1 })])), Is.EqualTo(OcspResponseStatus.Unauthorized));
        });
    }

    [Test, Property("Clause", "RFC 5280 §5")]
    public async Task Openssl_checks_a_chain_against_both_crls()
    {
        IssuedCertificate good = await Authority.IssueAsync(), revoked = await Authority.IssueAsync();
        await Authority.ChangeAsync(revoked.Serial, CertificateState.Revoked, 4);
        using var openssl = new OpenSsl();
        openssl.WritePem("root.pem", "CERTIFICATE", good.Chain[1].Memory);
        openssl.WritePem("ca.pem", "CERTIFICATE", good.Chain[0].Memory);
        openssl.WritePem("good.pem", "CERTIFICATE", good.Certificate.Memory);
        openssl.WritePem("revoked.pem", "CERTIFICATE", revoked.Certificate.Memory);
        openssl.WritePem("crls.pem", "X509 CRL", (await Authority.CrlAsync()).Encoded, (await Authority.CrlAsync("root")).Encoded);
        openssl.WritePem("crl.pem", "X509 CRL", (await Authority.CrlAsync()).Encoded);
        Assert.That(openssl.Succeed("crl", "-in", "crl.pem", "-CAfile", "ca.pem", "-noout"), Does.Contain("verify OK"));
        string[] verify = ["verify", "-x509_strict", "-crl_check_all", "-CAfile", "root.pem", "-untrusted", "ca.pem", "-CRLfile", "crls.pem"];
        Assert.That(openssl.Succeed([.. verify, "good.pem"]), Does.Contain("OK"));
        Assert.That(openssl.Run([.. verify, "revoked.pem"]).Output, Does.Contain("certificate revoked"));
    }

    [Test, Property("Clause", "RFC 5280 §5.2.3")]
    public async Task Crl_stays_until_a_change_and_numbers_grow()
    {
        await Authority.ChangeAsync((await Authority.IssueAsync()).Serial, CertificateState.Revoked, 0);
        CertificateList[] same = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Authority.CrlAsync()));
        Assert.That(same.Select(each => Convert.ToHexString(each.Encoded.Span)).Distinct().Count(), Is.EqualTo(1));
        await Authority.ChangeAsync((await Authority.IssueAsync()).Serial, CertificateState.Revoked, 0);
        CertificateList changed = await Authority.CrlAsync();
        Assert.Multiple(() =>
        {
            Assert.That(changed.Number, Is.EqualTo(same[0].Number + 1));
            Assert.That(changed.ExpiredCertsSince, Is.Not.Null);
            Assert.That(changed.DistributionPoint!.Urls, Is.EqualTo(new[] { "http://ca.example/crl/people-ca.crl" }));
            Assert.That(changed.Revoked.All(each => each.Reason is not RevocationReason.Unspecified), Is.True);
        });
    }

    [Test]
    public async Task Ca_certificates_are_listed_root_first()
    {
        var client = new StatusSigner.StatusSignerClient(Authority.Cluster.Channel(Authority.Service, "validation"));
        ListCaCertificatesReply reply = await client.ListCaCertificatesAsync(new ListCaCertificatesRequest());
        Assert.That(reply.Certificates.Select(each => each.Name), Is.EqualTo(new[] { "root", "people-ca" }));
        RpcException refused = Assert.ThrowsAsync<RpcException>(async () => await client.GetCrlAsync(new GetCrlRequest { Issuer = "root" }))!;
        Assert.That(refused.StatusCode, Is.EqualTo(StatusCode.PermissionDenied));
    }

    private async Task<SignOcspResponseReply> AskAsync(byte[] request) =>
        await Authority.Status.SignOcspResponseAsync(new SignOcspResponseRequest { Request = ByteString.CopyFrom(request) });

    private async Task<OcspResponseStatus> StatusAsync(byte[] request)
    {
        SignOcspResponseReply reply = await AskAsync(request);
        Assert.That((reply.Cacheable, reply.NextUpdate), Is.EqualTo((false, (Google.Protobuf.WellKnownTypes.Timestamp?)null)));
        return OcspResponse.Parse(reply.Response.Memory).Status;
    }
}
