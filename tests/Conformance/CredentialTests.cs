using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pechat.Pki;

namespace Pechat.Conformance.Tests;

/// <summary>Checklist 11.5 and 11.6.</summary>
internal sealed partial class CredentialTests : Suite
{
    private static string[] Ids(Answer answer) => [.. answer.IsOk()["credentialIDs"].AsArray().Select(each => (string)each!)];

    private static Certificate[] Certificates(JsonNode info) => [.. info["cert"]!["certificates"]!.AsArray().Select(each => Certificate.Parse(Convert.FromBase64String((string)each!)))];

    [Test, Statement(46)]
    public async Task List_holds_the_callers_credentials_and_no_others()
    {
        string[] mine = Ids(await V1("credentials/list", new { }));
        Assert.That(mine, Is.SupersetOf(new[] { Server["Ec"], Server["Rsa"] }));
        Assert.That(mine, Does.Not.Contain(Server["Bobs"]));
        Assert.That(Ids(await V1("credentials/list", new { }, Bob)), Does.Contain(Server["Bobs"]).And.Not.Contain(Server["Ec"]));
    }

    [Test, Statement(47)]
    public async Task User_id_is_not_for_tokens_of_users()
    {
        foreach (string id in new[] { "bob", "alice", Server["AliceId"] })
        {
            (await V1("credentials/list", new { userID = id })).IsRefused("userID parameter MUST be null");
            (await V2("credentials/list", new { userID = id })).IsRefused("userID parameter SHALL be null");
        }
    }

    [Test, Statement(48)]
    public async Task User_id_is_needed_for_tokens_of_clients()
    {
        Assert.That(Ids(await V1("credentials/list", new { userID = Server["AliceId"] }, Server["Client"])), Does.Contain(Server["Ec"]));
        (await V1("credentials/list", new { userID = "nobody" }, Server["Client"])).IsRefused("Invalid parameter userID");
        (await V1("credentials/list", new { }, Server["Client"])).IsRefused();
    }

    [Test, Statement(49)]
    public async Task Pages_hold_every_credential_once()
    {
        var seen = new List<string>();
        Answer page = await V1("credentials/list", new { maxResults = 1 });
        seen.AddRange(Ids(page));
        while (page.Body!["nextPageToken"] is { } next)
            seen.AddRange(Ids(page = await V1("credentials/list", new { maxResults = 1, pageToken = (string)next! })));
        Assert.That(seen, Has.Count.AtLeast(2).And.EquivalentTo(Ids(await V1("credentials/list", new { }))));
    }

    [Test, Statement(50)]
    public async Task Unusable_page_size_is_the_servers_own()
    {
        string[] all = Ids(await V1("credentials/list", new { }));
        foreach (object odd in new object[] { 0, -1, 1_000_000, "x" })
            Assert.That(Ids(await V1("credentials/list", new { maxResults = odd })), Is.EqualTo(all));
    }

    [Test, Statement(51)]
    public async Task Unknown_page_is_refused() => (await V1("credentials/list", new { pageToken = "garbage" })).IsRefused("Invalid parameter pageToken");

    [Test, Statement(52)]
    public async Task List_with_information_is_aligned()
    {
        Answer answer = await V2("credentials/list", new { credentialInfo = true, certificates = "chain", certInfo = true, authInfo = true });
        JsonArray infos = answer.IsOk()["credentialInfos"].AsArray();
        Assert.That(infos.Select(each => (string?)each!["credentialID"]), Is.EqualTo(Ids(answer)));
        foreach (JsonNode? info in infos)
        {
            Assert.That(info!["key"]!["algo"]!.AsArray(), Is.Not.Empty);
            Assert.That(info["cert"]!["certificates"]!.AsArray(), Has.Count.GreaterThan(1));
            Assert.That((string?)info["auth"]!["mode"], Is.AnyOf("explicit", "oauth2code"));
            Assert.That((int)info["multisign"]!, Is.Positive);
        }
    }

    [Test, Statement(53)]
    public async Task Information_is_only_listed_on_request()
    {
        Assert.That((await V2("credentials/list", new { })).IsOk().Body!["credentialInfos"], Is.Null);
        Assert.That((await V2("credentials/list", new { certificates = "chain" })).IsOk().Body!["credentialInfos"], Is.Null);
    }

    [Test, Statement(54)]
    public async Task Only_valid_leaves_out_what_cannot_sign()
    {
        Answer answer = await V2("credentials/list", new { onlyValid = true });
        Assert.That(Ids(answer), Does.Contain(Server["Ec"]).And.Not.Contain(Server["Disabled"]));
        Assert.That((bool)answer["onlyValid"]!);
    }

    [Test, Statement(55)]
    public async Task Wrong_kind_of_certificates_is_refused_in_lists() =>
        (await V2("credentials/list", new { credentialInfo = true, certificates = "all" })).IsRefused("Invalid parameter certificates");

    [Test, Statement(56)]
    public async Task Information_has_one_certificate_and_nothing_decoded_unless_asked()
    {
        foreach (Answer answer in new[] { await V1("credentials/info", new { credentialID = Server["Rsa"] }), await V2("credentials/info", new { credentialID = Server["Rsa"] }) })
        {
            JsonObject cert = answer.IsOk()["cert"].AsObject();
            Assert.That(cert["certificates"]!.AsArray(), Has.Count.EqualTo(1));
            Assert.That(cert.Select(each => each.Key), Has.None.AnyOf("issuerDN", "subjectDN", "serialNumber", "validFrom", "validTo"));
            Assert.That((int)answer["key"]["len"]!, Is.EqualTo(2048));
            Assert.That(((string?)answer["SCAL"], answer["multisign"].GetValueKind()), Is.EqualTo(("2", System.Text.Json.JsonValueKind.Number)));
            Assert.That(answer.Body!["PIN"] ?? answer.Body["OTP"], Is.Null);
        }
    }

    [Test, Statement(57)]
    public async Task Chain_is_in_order_and_none_is_none()
    {
        Certificate[] chain = Certificates((await V2("credentials/info", new { credentialID = Server["Ec"], certificates = "chain" })).IsOk().Body!);
        Assert.That(chain, Has.Length.GreaterThan(1));
        for (int i = 0; i + 1 < chain.Length; i++)
            Assert.That(chain[i].IsSignedBy(chain[i + 1]), $"certificate {i}");
        JsonObject cert = (await V1("credentials/info", new { credentialID = Server["Ec"], certificates = "none" })).IsOk()["cert"].AsObject();
        Assert.That(cert.ContainsKey("certificates"), Is.False);
    }

    [Test, Statement(58)]
    public async Task Decoded_fields_are_those_of_the_certificate([Values(1, 2)] int version)
    {
        Answer answer = (await Server.PostAsync($"csc/v{version}/credentials/info", new { credentialID = Server["Ec"], certInfo = true }, Alice)).IsOk();
        JsonNode cert = answer["cert"];
        Certificate certificate = Certificates(answer.Body!)[0];
        Assert.That((string?)cert["serialNumber"], Is.EqualTo(certificate.Serial).IgnoreCase.And.Matches("^[0-9A-Fa-f]+$"));
        Assert.That((string?)cert["validFrom"], Is.EqualTo($"{certificate.NotBefore:yyyyMMddHHmmss}Z"));
        Assert.That((string?)cert["validTo"], Is.EqualTo($"{certificate.NotAfter:yyyyMMddHHmmss}Z"));
        foreach (string name in new[] { "issuerDN", "subjectDN" })
            Assert.That((string?)cert[name], Does.Match(JavaName()), name);
    }

    [Test, Statement(60)]
    public async Task Credential_confirmed_out_of_band_is_implicit_in_v1()
    {
        JsonObject info = (await V1("credentials/info", new { credentialID = Server["Rsa"], authInfo = true })).IsOk().Body!.AsObject();
        Assert.That((string?)info["authMode"], Is.EqualTo("implicit"));
        Assert.That(info.ContainsKey("PIN") || info.ContainsKey("OTP"), Is.False);
    }

    [Test, Statement(61)]
    public async Task Key_is_described()
    {
        JsonNode rsa = (await V1("credentials/info", new { credentialID = Server["Rsa"] })).IsOk()["key"], ec = (await V1("credentials/info", new { credentialID = Server["Ec"] })).IsOk()["key"];
        Assert.That((string?)rsa["algo"]!.AsArray()[0], Is.EqualTo(Target.RsaSha256));
        Assert.That((string?)ec["algo"]!.AsArray()[0], Is.EqualTo(Target.EcdsaSha256));
        Assert.That((rsa["curve"], (string?)ec["curve"]), Is.EqualTo(((JsonNode?)null, "1.2.840.10045.3.1.7")));
        Assert.That((rsa["len"]!.GetValueKind(), (int)ec["len"]!), Is.EqualTo((System.Text.Json.JsonValueKind.Number, 256)));
    }

    [Test, Statement(62)]
    public async Task Credential_id_is_needed()
    {
        (await V1("credentials/info", new { })).IsRefused("Missing (or invalid type) string parameter credentialID");
        (await V1("credentials/info", new { credentialID = 5 })).IsRefused("Missing (or invalid type) string parameter credentialID");
    }

    [Test, Statement(63)]
    public async Task Unknown_and_foreign_credentials_are_refused_alike()
    {
        Answer unknown = await V1("credentials/info", new { credentialID = "unknown" }), foreign = await V1("credentials/info", new { credentialID = Server["Bobs"] });
        unknown.IsRefused("Invalid parameter credentialID");
        Assert.That(foreign.Text, Is.EqualTo(unknown.Text));
        Assert.That((await V1("credentials/info", new { credentialID = Guid.NewGuid() })).Text, Is.EqualTo(unknown.Text));
    }

    [Test, Statement(64)]
    public async Task Wrong_kind_of_certificates_is_refused()
    {
        (await V1("credentials/info", new { credentialID = Server["Ec"], certificates = "both" })).IsRefused("Invalid parameter certificates");
        (await V2("credentials/info", new { credentialID = Server["Ec"], certificates = "both" })).IsRefused("Invalid parameter certificates");
    }

    [Test, Statement(65)]
    public async Task Disabled_key_says_so() =>
        Assert.That((string?)(await V1("credentials/info", new { credentialID = Server["Disabled"] })).IsOk()["key"]["status"], Is.EqualTo("disabled"));

    [Test, Statement(66)]
    public async Task Odd_characters_in_an_id_are_no_fault()
    {
        foreach (string odd in new[] { "alice/qes 1", "a+b", "100%", "a%2Fb", "ü", "\U0001F600" })
            (await V1("credentials/info", new { credentialID = odd })).IsRefused("Invalid parameter credentialID");
    }

    [Test, Statement(67)]
    public async Task Factors_of_an_explicit_credential_are_described()
    {
        JsonObject info = (await V2("credentials/info", new { credentialID = Server["Ec"], authInfo = true })).IsOk().Body!.AsObject();
        Assert.That((string?)info["auth"]!["mode"], Is.EqualTo("explicit"));
        string[] ids = [.. info["auth"]!["objects"]!.AsArray().Select(each => (string)each!["id"]!)];
        Assert.That(ids, Is.Not.Empty);
        Assert.That(info["auth"]!["objects"]!.AsArray().Select(each => (string?)each!["type"]), Has.All.AnyOf("Password", "PasswordOOB", "ChallengeResponse", "ChallengeResponseOOB"));
        string[] words = ((string)info["auth"]!["expression"]!).Split([' ', '(', ')'], StringSplitOptions.RemoveEmptyEntries);
        Assert.That(words.Except(["AND", "OR", "XOR"]), Is.SubsetOf(ids));
        Assert.That(info.Select(each => each.Key), Has.None.AnyOf("authMode", "PIN", "OTP"));
    }

    /// <summary>RFC 4514 with keywords that Java's X500Principal knows, everything else dotted.</summary>
    [GeneratedRegex(@"^(?:(?:CN|C|O|OU|L|ST|STREET|DC|UID|givenName|surname|serialNumber)=(?:[^,+""\\<>;=]|\\.)+|\d+(?:\.\d+)+=#[0-9a-fA-F]+)(?:[,+](?:(?:CN|C|O|OU|L|ST|STREET|DC|UID|givenName|surname|serialNumber)=(?:[^,+""\\<>;]|\\.)+|\d+(?:\.\d+)+=#[0-9a-fA-F]+))*$")]
    private static partial Regex JavaName();
}
