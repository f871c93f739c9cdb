using System.Net;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.CertificateStatus.Tests;

internal sealed class PublicationTests : StatusTests
{
    [Test, Property("Clause", "RFC 5280 §4.2.2.1, RFC 2585")]
    public async Task Certificate_of_an_authority_is_served_as_DER()
    {
        IssuedCertificate issued = await Status.Authority.IssueAsync();
        foreach ((string name, ReadOnlyMemory<byte> expected) in new[] { ("people-ca", issued.Chain[0].Memory), ("root", issued.Chain[1].Memory) })
        {
            using HttpResponseMessage answer = await Status.Http.GetAsync(new Uri($"/ca/{name}.cer", UriKind.Relative));
            Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/pkix-cert"));
            Assert.That(await answer.Content.ReadAsByteArrayAsync(), Is.EqualTo(expected.ToArray()));
        }
    }

    [TestCase("/ca/nobody.cer"), TestCase("/crl/nobody.crl"), TestCase("/crl/..%2Froot.crl"), TestCase("/ca/root.pem"), TestCase("/crl/ROOT.crl")]
    public async Task Unknown_name_is_not_found(string path)
    {
        using HttpResponseMessage answer = await Status.Http.GetAsync(new Uri(path, UriKind.Relative));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test, Property("Clause", "RFC 5280 §5, R-157")]
    public async Task Crl_is_accepted_by_openssl_and_follows_a_revocation()
    {
        IssuedCertificate issued = await Status.Authority.IssueAsync();
        CertificateList before = await CrlAsync();
        Assert.That(before.Find(Convert.FromHexString(issued.Serial)), Is.Null);
        using var openssl = new OpenSsl();
        openssl.Write("crl.der", before.Encoded.Span);
        openssl.WritePem("ca.pem", "CERTIFICATE", issued.Chain[0].Memory);
        Assert.That(openssl.Succeed("crl", "-inform", "DER", "-in", "crl.der", "-CAfile", "ca.pem", "-noout"), Does.Contain("verify OK"));

        await Status.Authority.ChangeAsync(issued.Serial, CertificateState.Revoked, 1);
        await Eventually.HoldsAsync(async () => (await CrlAsync()).Find(Convert.FromHexString(issued.Serial)) is not null, "the revocation is listed", 10);
        Assert.That((await CrlAsync()).Number, Is.GreaterThan(before.Number!.Value));
    }

    [Test]
    public async Task Peer_other_than_the_gateway_is_refused()
    {
        using HttpClient stranger = Status.Authority.Cluster.Client(Status.Service, "billing");
        using HttpResponseMessage answer = await stranger.GetAsync(new Uri("/ca/root.cer", UriKind.Relative));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    private async Task<CertificateList> CrlAsync()
    {
        using HttpResponseMessage answer = await Status.Http.GetAsync(new Uri("/crl/people-ca.crl", UriKind.Relative));
        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/pkix-crl"));
        return CertificateList.Parse(await answer.Content.ReadAsByteArrayAsync());
    }
}
