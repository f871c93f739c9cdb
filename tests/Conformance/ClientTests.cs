using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.Conformance.Tests;

/// <summary>
/// What known clients send, letter by letter: their member names, order, encodings and nulls (checklist 11.16). The bodies stand here as they leave
/// the client; what it needs of the answer is asserted as it reads it.
/// </summary>
internal sealed class ClientTests : Suite
{
    private static Task<Answer> Post(string version, string method, string body, string? token) =>
        Server.SendAsync(HttpMethod.Post, $"csc/{version}/{method}", body, token is null ? null : $"Bearer {token}");

    [TestCase("v1"), TestCase("v2"), Statement(188), Requirement("S1-42")]
    public async Task Pyhanko_signs_a_batch_with_the_names_of_v1(string version)
    {
        string id = Server["Rsa"];
        Answer info = (await Post(version, "credentials/info", $$"""{"credentialID": "{{id}}", "certificates": "chain", "certInfo": false}""", Alice)).IsOk();
        Assert.That(info["key"]["algo"]!.AsArray().Select(each => (string?)each), Does.Contain(Target.RsaSha256));
        Assert.That((int)info["multisign"]!, Is.AtLeast(3));
        Assert.That((string?)info["SCAL"], Is.EqualTo("2"));
        X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String((string)info["cert"]["certificates"]![0]!));
        string hashes = $"""["{H("alpha")}", "{H("bravo")}", "{H("charlie")}"]""";
        Answer authorized = (await Post(version, "credentials/authorize", $$"""{"credentialID": "{{id}}", "numSignatures": 3, "hash": {{hashes}}}""", Alice)).IsOk();
        Assert.That((int)authorized["expiresIn"]!, Is.Positive);
        Answer signed = (await Post(version, "signatures/signHash",
            $$"""{"credentialID": "{{id}}", "SAD": "{{(string)authorized["SAD"]!}}", "hashAlgo": "2.16.840.1.101.3.4.2.1", "signAlgo": "1.2.840.113549.1.1.11", "hash": {{hashes}}}""", Alice)).IsOk();
        using RSA key = certificate.GetRSAPublicKey()!;
        Assert.That(new[] { "alpha", "bravo", "charlie" }.Zip(signed["signatures"].AsArray()).All(pair =>
            key.VerifyHash(Convert.FromBase64String(H(pair.First)), Convert.FromBase64String((string)pair.Second!), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
    }

    [Test, Statement(188)]
    public async Task Pyhanko_prefers_pss_with_the_longest_salt()
    {
        string id = Server["Rsa"], sad = await Server.SadAsync(id, [H("pss")]);
        string parameters = Convert.ToBase64String(new RsaPssParameters(DigestAlgorithm.Sha256, 222).Encode());
        Answer signed = (await Post("v1", "signatures/signHash",
            $$"""{"credentialID": "{{id}}", "SAD": "{{sad}}", "hashAlgo": "2.16.840.1.101.3.4.2.1", "signAlgo": "1.2.840.113549.1.1.10", "hash": ["{{H("pss")}}"], "signAlgoParams": "{{parameters}}"}""", Alice)).IsOk();
        X509Certificate2 certificate = await Server.CertificateAsync(id);
        Assert.That(Certificate.Parse(certificate.RawData).PublicKey.VerifyHash(SignatureAlgorithm.RsaPss(new RsaPssParameters(DigestAlgorithm.Sha256, 222)),
            Convert.FromBase64String(H("pss")), Convert.FromBase64String((string)signed["signatures"][0]!)));
    }

    [Test, Statement(192)]
    public async Task Laverca_logs_in_lists_and_signs_with_an_implicit_credential()
    {
        Assert.That((string?)(await Post("v1", "info", """{"lang":"EN"}""", null)).IsOk()["name"], Is.Not.Empty);
        string basic = "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{Server["AliceName"]}:{Server["AlicePassword"]}"));
        await Server.ForgetLoginsAsync();
        Answer login = (await Server.SendAsync(HttpMethod.Post, "csc/v1/auth/login", """{"rememberMe":true}""", basic)).IsOk();
        Answer refreshed = (await Server.SendAsync(HttpMethod.Post, "csc/v1/auth/login", $$"""{"rememberMe":true,"refresh_token":"{{(string)login["refresh_token"]!}}"}""", null)).IsOk();
        Assert.That((string?)refreshed["refresh_token"], Is.Not.Empty, "the client overwrites its own with what comes");
        string token = (string)refreshed["access_token"]!, id = Server["Rsa"];
        Assert.That((await Post("v1", "credentials/list", """{"maxResults":20}""", token)).IsOk()["credentialIDs"].AsArray().Select(each => (string?)each), Does.Contain(id));
        Answer info = (await Post("v1", "credentials/info", $$"""{"credentialID":"{{id}}","certificates":"single","certInfo":false,"authInfo":false}""", token)).IsOk();
        Assert.That(info["cert"].AsObject().Select(each => each.Key), Has.None.AnyOf("PIN", "OTP"));
        Answer authorized = (await Post("v1", "credentials/authorize", $$"""{"credentialID":"{{id}}","numSignatures":1,"hash":["{{H("laverca")}}"]}""", token)).IsOk();
        string sign = $$"""{"credentialID":"{{id}}","SAD":"{{(string)authorized["SAD"]!}}","hash":["{{H("laverca")}}"],"signAlgo":"1.2.840.113549.1.1.11"}""";
        Assert.That((await Post("v1", "signatures/signHash", sign, token)).IsOk()["signatures"].AsArray(), Has.Count.EqualTo(1));
        Answer revoked = await Post("v1", "auth/revoke", $$"""{"token":"{{token}}","token_type_hint":"access_token"}""", token);
        Assert.That(revoked.Status, Is.InRange(200, 299));
    }

    [Test, Statement(195)]
    public async Task Tester_of_intesi_finds_what_it_asserts()
    {
        string id = Server["Rsa"];
        Assert.That((string?)(await Post("v1", "info", """{"lang":"it-IT"}""", null)).IsOk()["specs"], Does.StartWith("1.0."));
        (await Server.SendAsync(HttpMethod.Get, "csc/v1/info", null, null)).IsOk();
        string first = (string)(await Post("v1", "credentials/list", """{"maxResults":1}""", Alice)).IsOk()["nextPageToken"]!;
        (await Post("v1", "credentials/list", $$"""{"maxResults":1,"pageToken":"{{first}}"}""", Alice)).IsOk();
        foreach ((string kind, int count) in new[] { ("none", 0), ("single", 1), ("chain", 3) })
        {
            JsonNode cert = (await Post("v1", "credentials/info", $$"""{"credentialID":"{{id}}","certificates":"{{kind}}"}""", Alice)).IsOk()["cert"];
            Assert.That(cert["certificates"]?.AsArray().Count ?? 0, Is.EqualTo(count).Or.GreaterThan(1).And.LessThan(count + 1), kind);
            Assert.That(cert["subjectDN"], Is.Null);
        }
        (await Post("v1", "credentials/authorize", $$"""{"credentialID":"{{id}}","numSignatures":1,"hash":["{{H("x")}}"],"PIN":"000000"}""", Alice)).IsRefused("The PIN is invalid", "invalid_pin");
        (await Post("v1", "credentials/authorize", $$"""{"credentialID":"{{id}}","numSignatures":1,"hash":["{{H("x")}}"],"OTP":"000000"}""", Alice)).IsRefused("The OTP is invalid", "invalid_otp");
        (await Post("v1", "credentials/extendTransaction", $$"""{"credentialID":"{{id}}","hash":["{{H("x")}}"],"SAD":"wrong"}""", Alice)).IsRefused("Invalid parameter SAD");
        string[] hashes = [.. Enumerable.Range(0, 20).Select(i => H($"intesi {i}"))];
        string sad = (string)(await Post("v1", "credentials/authorize", $$"""{"credentialID":"{{id}}","numSignatures":20,"hash":{{Target.Array(hashes).ToJsonString()}}}""", Alice)).IsOk()["SAD"]!;
        const string Parameters = "MDmgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEgowMCAQE=";
        foreach (string hash in hashes)
            (await Post("v1", "signatures/signHash", $$"""{"credentialID":"{{id}}","SAD":"{{sad}}","hash":["{{hash}}"],"signAlgo":"1.2.840.113549.1.1.10","signAlgoParams":"{{Parameters}}"}""", Alice)).IsOk();
        string another = await Server.SadAsync(id, [H("length")]);
        (await Post("v1", "signatures/signHash", $$"""{"credentialID":"{{id}}","SAD":"{{another}}","hash":["AAAA"],"signAlgo":"1.2.840.113549.1.1.11"}""", Alice)).IsRefused("Invalid digest value length");
    }
}
