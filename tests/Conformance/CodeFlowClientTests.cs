using System.Text.Json.Nodes;

namespace Pechat.Conformance.Tests;

/// <summary>Clients that come by a code flow, letter by letter (checklist 11.16).</summary>
internal sealed class CodeFlowClientTests : Suite
{
    private static Task<Answer> Post(string version, string method, string body, string? token) =>
        Server.SendAsync(HttpMethod.Post, $"csc/{version}/{method}", body, token is null ? null : $"Bearer {token}");

    private static JsonNode CredentialToken(Answer answer) => answer.IsOk().Body!;

    [TestCase(true), TestCase(false), Statement(189)]
    public async Task Eudi_kotlin_library_lists_pushes_and_signs(bool rich)
    {
        JsonNode info = (await Post("v2", "info", "{}", null)).IsOk().Body!;
        Assert.That((string?)info["specs"], Is.EqualTo("2.2.0.0"));
        Assert.That(info["supportedHashTypes"]!.AsArray(), Is.Not.Null);
        JsonArray list = (await Post("v2", "credentials/list",
            """{"credentialInfo":true,"certificates":"chain","certInfo":true,"authInfo":true,"onlyValid":true,"lang":null,"clientData":null}""", Alice)).IsOk()["credentialInfos"].AsArray();
        Assert.That(list.Select(each => each!["auth"]!["objects"]), Has.All.Not.Null);
        string id = Server["Rsa"], hash = H("kotlin"), url = hash.TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var browser = new Browser(Server, (string)info["oauth2"]!);
        string details = $$"""[{"type":"https://cloudsignatureconsortium.org/2025/credential","numSignatures":1,"credentialID":"{{id}}","documentDigests":[{"hash":"{{hash}}","label":"A document","hashType":"DTBSR"}],"hashAlgorithmOID":"2.16.840.1.101.3.4.2.1"}]""";
        Dictionary<string, string> parameters = rich
            ? browser.Parameters(("scope", "credential"), ("prompt", "login"), ("lang", null), ("authorization_details", details))
            : browser.Parameters(("scope", "credential"), ("prompt", "login"), ("lang", null), ("credentialID", id), ("hashes", url), ("hashAlgorithmOID", Sha256), ("numSignatures", "1"));
        Answer pushed = (await browser.PushAsync(parameters)).IsOk(201);
        Dictionary<string, string> back = await browser.AuthorizeAsync(new() { ["client_id"] = Server["ClientId"], ["state"] = browser.State, ["request_uri"] = (string)pushed["request_uri"]! });
        JsonNode token = CredentialToken(await browser.ExchangeAsync(back["code"], ("authorization_details", rich ? details : null)));
        if (rich)
            Assert.That((int)token["authorization_details"]![0]!["numSignatures"]!, Is.EqualTo(1));
        string access = (string)token["access_token"]!;
        Answer credential = (await Post("v2", "credentials/info",
            $$"""{"credentialID":"{{id}}","certificates":"chain","certInfo":true,"authInfo":true,"lang":null,"clientData":null}""", access)).IsOk();
        Assert.That((string?)credential["key"]["status"], Is.EqualTo("enabled"));
        Assert.That((await Post("v2", "signatures/signHash",
            $$"""{"credentialID":"{{id}}","hashes":["{{hash}}"],"hashAlgorithmOID":"2.16.840.1.101.3.4.2.1","signAlgo":"1.2.840.113549.1.1.1","signAlgoParams":null,"operationMode":"S"}""", access))
            .IsOk()["signatures"].AsArray(), Has.Count.EqualTo(1));
    }

    [Test, Statement(190)]
    public async Task Eudi_swift_library_signs_with_its_own_member_names()
    {
        JsonNode info = (await Post("v2", "info", """{"lang":"en-US"}""", null)).IsOk().Body!;
        Assert.That(info["signAlgorithms"]!["algoParams"]!.AsArray().Select(each => (string)each!), Has.All.Not.Null);
        Assert.That(info["signature_formats"]!["envelope_properties"]!.AsArray(), Is.Not.Empty);
        string id = Server["Ec"], hash = H("swift"), url = hash.TrimEnd('=').Replace('+', '-').Replace('/', '_');
        JsonNode entry = (await Post("v2", "credentials/list",
            """{"credentialInfo":true,"certificates":"chain","certInfo":true,"user_id":"","auth_info":true,"only_valid":true,"client_data":""}""", Alice)).IsOk()["credentialInfos"][0]!;
        foreach (string name in new[] { "status", "certificates", "issuerDN", "serialNumber", "subjectDN", "validFrom", "validTo" })
            Assert.That(entry["cert"]![name], Is.Not.Null, name);
        var browser = new Browser(Server, (string)info["oauth2"]!);
        string Details(string digest) => $$"""[{"documentDigests":[{"label":"A sample pdf","hash":"{{digest}}"}],"credentialID":"{{id}}","hashAlgorithmOID":"2.16.840.1.101.3.4.2.1","locations":[],"type":"credential"}]""";
        Answer answer = await browser.TokenAsync(browser.Parameters(("scope", "credential"), ("lang", null), ("authorization_details", Details(url))), ("authorization_details", Details(hash)), ("state", browser.State));
        Assert.That((int)answer.IsOk()["expires_in"]!, Is.Positive);
        string sign = $$"""{"credentialID":"{{id}}","hashes":["{{hash}}"],"hashAlgorithmOID":"2.16.840.1.101.3.4.2.1","signAlgo":"1.2.840.10045.4.3.2","sign_algo_params":"","operationMode":"S","validity_period":0,"response_uri":"","client_data":""}""";
        Assert.That((await Post("v2", "signatures/signHash", sign, (string)answer["access_token"]!)).IsOk()["signatures"].AsArray(), Has.Count.EqualTo(1));
    }

    [Test, Statement(191)]
    public async Task Vck_asks_by_details_without_a_scope_and_compares_the_echo()
    {
        string id = Server["Ec"], hash = H("vck");
        string qualifier = (string)(await V2("credentials/info", new { credentialID = id })).IsOk()["signatureQualifier"]!;
        string details = $$"""[{"type":"credential","credentialID":"{{id}}","signatureQualifier":"{{qualifier}}","documentDigests":[{"hash":"{{hash}}","label":"A document"}],"hashAlgorithmOID":"2.16.840.1.101.3.4.2.1"}]""";
        var browser = new Browser(Server, Server["OAuthBase"]);
        JsonNode token = CredentialToken(await browser.TokenAsync(browser.Parameters(("scope", null), ("authorization_details", details))));
        JsonNode echo = token["authorization_details"]![0]!, asked = JsonNode.Parse(details)![0]!;
        foreach ((string name, JsonNode? value) in asked.AsObject())
            Assert.That(echo[name]?.ToJsonString(), Is.EqualTo(value!.ToJsonString()), name);
        JsonNode key = (await V2("credentials/info", new { credentialID = id, certificates = "chain" })).IsOk()["key"];
        Assert.That(key["algo"]!.AsArray().Select(each => (string?)each), Does.Contain("1.2.840.10045.4.3.2"));
        (await Post("v2", "signatures/signHash", $$"""{"credentialID":"{{id}}","SAD":"{{(string)token["access_token"]!}}","hashes":["{{hash}}"],"signAlgo":"1.2.840.10045.4.3.2"}""", Alice)).IsOk();
    }

    [TestCase(false), TestCase(true), Statement(193)]
    public async Task Setasign_signs_implicitly_and_by_code(bool byCode)
    {
        string id = Server["Rsa"], hash = H($"setasign {byCode}");
        string oauth2 = (string)(await Post("v1", "info", "{}", null)).IsOk()["oauth2"]!;
        Answer info = (await Post("v1", "credentials/info", $$"""{"credentialID":"{{id}}","certificates":"chain","certInfo":true,"authInfo":true}""", Alice)).IsOk();
        Assert.That((string?)info["authMode"], Is.Not.Empty);
        string algorithm = (string)info["key"]["algo"]![0]!, sad;
        if (byCode)
        {
            var browser = new Browser(Server, oauth2);
            Answer token = await browser.TokenAsync(browser.Parameters(("scope", "credential"), ("credentialID", id), ("hash", hash), ("numSignatures", "1"),
                ("code_challenge", null), ("code_challenge_method", null), ("lang", null), ("approval_prompt", "auto")), ("code_verifier", null));
            sad = (string)token.IsOk()["access_token"]!;
        }
        else
            sad = (string)(await Post("v1", "credentials/authorize", $$"""{"credentialID":"{{id}}","numSignatures":1,"hash":["{{hash}}"]}""", Alice)).IsOk()["SAD"]!;
        Answer signed = await Post("v1", "signatures/signHash", $$"""{"credentialID":"{{id}}","SAD":"{{sad}}","hash":["{{hash}}"],"signAlgo":"{{algorithm}}","hashAlgo":"2.16.840.1.101.3.4.2.1"}""", Alice);
        Assert.That(signed.IsOk().Body!["signatures"]!.AsArray(), Has.Count.EqualTo(1));
    }

    [Test, Statement(194)]
    public async Task Documenso_signs_by_code_with_a_proof_key_on_v1()
    {
        Assert.That((await Post("v1", "credentials/list", "{}", Alice)).IsOk()["credentialIDs"].AsArray(), Is.Not.Empty);
        string id = Server["Ec"], hash = H("documenso");
        JsonNode cert = (await Post("v1", "credentials/info", $$"""{"credentialID":"{{id}}","certificates":"chain","certInfo":true,"authInfo":true}""", Alice)).IsOk()["cert"];
        Assert.That((string?)cert["status"], Is.EqualTo("valid"));
        Assert.That((string?)cert["validTo"], Does.Match(@"^\d{14}Z$"));
        var browser = new Browser(Server, (string)(await Post("v1", "info", "{}", null)).IsOk()["oauth2"]!);
        string basic = "Basic " + Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes($"{Uri.EscapeDataString(Server["ClientId"])}:{Uri.EscapeDataString(Server["ClientSecret"])}"));
        Dictionary<string, string> back = await browser.AuthorizeAsync(browser.Parameters(("scope", "credential"), ("credentialID", id), ("numSignatures", "1"),
            ("hash", hash.TrimEnd('=').Replace('+', '-').Replace('/', '_')), ("lang", null)));
        Answer token = (await browser.PostAsync("token", [("grant_type", "authorization_code"), ("code", back["code"]), ("redirect_uri", Server["RedirectUri"]),
            ("code_verifier", browser.Verifier), ("client_id", null), ("client_secret", null)], basic)).IsOk();
        Assert.That((string?)token["token_type"], Is.EqualTo("SAD"));
        string sign = $$"""{"credentialID":"{{id}}","SAD":"{{(string)token["access_token"]!}}","hash":["{{hash}}"],"hashAlgo":"2.16.840.1.101.3.4.2.1","signAlgo":"1.2.840.10045.4.3.2"}""";
        (await Post("v1", "signatures/signHash", sign, Alice)).IsOk();
        (await Post("v1", "signatures/timestamp", $$"""{"hash":"{{hash}}","hashAlgo":"2.16.840.1.101.3.4.2.1"}""", Alice)).IsOk();
    }
}
