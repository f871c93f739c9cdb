using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Pechat.Conformance.Tests;

/// <summary>Checklist 11.11; whole documents are signed without a SAD, confirmed while the call waits.</summary>
internal sealed class SignDocTests : Suite
{
    /// <summary>A PDF of one empty page (ISO 32000-1 §7.5).</summary>
    internal static byte[] Pdf(string title)
    {
        var text = new StringBuilder("%PDF-1.7\n");
        string[] objects = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>", $"<< /Title ({title}) >>"];
        var offsets = new List<int>();
        for (int i = 0; i < objects.Length; i++)
        {
            offsets.Add(text.Length);
            text.Append(CultureInfo.InvariantCulture, $"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }
        int start = text.Length;
        text.Append(CultureInfo.InvariantCulture, $"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n");
        foreach (int offset in offsets)
            text.Append(CultureInfo.InvariantCulture, $"{offset:0000000000} 00000 n \n");
        text.Append(CultureInfo.InvariantCulture, $"trailer\n<< /Size {objects.Length + 1} /Root 1 0 R /Info 4 0 R >>\nstartxref\n{start}\n%%EOF\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    internal static JsonObject Document(byte[] content, string level = "AdES-B-B") => new()
    {
        ["document"] = Convert.ToBase64String(content), ["signature_format"] = "P", ["conformance_level"] = level, ["signAlgo"] = Target.EcdsaSha256,
    };

    private static Task<Answer> SignAsync(Action<JsonObject>? change = null, params JsonObject[] documents)
    {
        var body = new JsonObject { ["credentialID"] = Server["Ec"], ["documents"] = new JsonArray([.. documents]) };
        change?.Invoke(body);
        return V2("signatures/signDoc", body);
    }

    private static Task<Answer> SignAsync(Action<JsonObject> changeItem)
    {
        JsonObject document = Document(Pdf("refused"));
        changeItem(document);
        return SignAsync(null, document);
    }

    [Test, Statement(132), Statement(145)]
    public async Task Pdf_is_signed_behind_its_own_bytes_and_answered_in_both_spellings()
    {
        byte[] pdf = Pdf("signed");
        Answer answer = (await SignAsync(null, Document(pdf))).IsOk();
        byte[] signed = Convert.FromBase64String((string)answer["DocumentWithSignature"].AsArray().Single()!);
        Assert.That(signed.AsSpan(0, pdf.Length).SequenceEqual(pdf));
        Assert.That(Encoding.Latin1.GetString(signed), Does.Contain("/ETSI.CAdES.detached").And.Contain("/ByteRange"));
        Assert.That(answer["documentWithSignature"].ToJsonString(), Is.EqualTo(answer["DocumentWithSignature"].ToJsonString()));
    }

    [Test, Statement(134)]
    public async Task Level_is_read_in_every_spelling()
    {
        (await SignAsync(null, Document(Pdf("1"), "Ades-B-B"), Document(Pdf("2"), "ades-b-b"))).IsOk();
        (await SignAsync(item => item["conformance_level"] = "AdES-Z")).IsRefused("Invalid parameter conformance_level");
    }

    [Test, Statement(135)]
    public async Task Documents_or_digests_but_not_both()
    {
        var digests = new JsonArray(new JsonObject { ["hashes"] = new JsonArray(H("x")), ["signature_format"] = "P", ["signAlgo"] = Target.EcdsaSha256 });
        (await SignAsync(body => body["documentDigests"] = digests, Document(Pdf("x")))).IsRefused("Both documentDigests and documents parameters passed");
        (await SignAsync(body => body.Remove("documents"), [])).IsRefused("Empty documentDigests and documents objects");
    }

    [Test, Statement(136)]
    public async Task Documents_are_an_array_of_base64()
    {
        (await SignAsync(body => body["documents"] = new JsonObject(), [])).IsRefused("Invalid array parameter documents");
        (await SignAsync(item => item["document"] = "***")).IsRefused("Invalid Base64 documents string parameter");
    }

    [Test, Statement(137)]
    public async Task Server_chooses_the_credential_by_its_quality()
    {
        string quality = (string)(await V2("credentials/info", new { credentialID = Server["Ec"] })).IsOk()["signatureQualifier"]!;
        JsonObject document = Document(Pdf("chosen"));
        document["signAlgo"] = (await V2("credentials/list", new { onlyValid = true, credentialInfo = true })).IsOk()["credentialInfos"].AsArray()
            .MaxBy(each => (string)each!["credentialID"]!)!["key"]!["algo"]![0]!.DeepClone(); // whichever it is, the algorithm must fit
        Answer chosen = await SignAsync(body => { body.Remove("credentialID"); body["signatureQualifier"] = quality; }, document);
        Assert.That(chosen.Status == 200 || chosen.Description == "Invalid parameter signAlgo", chosen.Text);
        (await SignAsync(body => { body.Remove("credentialID"); body["signatureQualifier"] = "za_ecta_aes"; }, Document(Pdf("none")))).IsRefused();
        (await SignAsync(body => body.Remove("credentialID"), Document(Pdf("none")))).IsRefused();
    }

    [Test, Statement(138), Statement(139)]
    public async Task Format_is_needed_and_known()
    {
        (await SignAsync(item => item.Remove("signature_format"))).IsRefused("Missing (or invalid type) string parameter signature_format");
        (await SignAsync(item => item["signature_format"] = "Z")).IsRefused("Invalid parameter signature_format");
        (await SignAsync(item => item["signed_envelope_property"] = "Enveloped")).IsRefused("Invalid parameter signed_envelope_property");
    }

    [Test, Statement(142)]
    public async Task Document_that_was_not_authorised_is_forbidden()
    {
        string sad = await Server.SadAsync(Server["Ec"], [Convert.ToBase64String(SHA256.HashData(Pdf("authorised")))], hashType: "SDR");
        Answer answer = await SignAsync(body => body["SAD"] = sad, Document(Pdf("another")));
        answer.IsRefused("Document or documentDigest does not match authorized hash", "invalid_hash", 403);
    }

    [Test, Statement(144)]
    public async Task Hash_must_not_contradict_the_algorithm()
    {
        string sad = await Server.SadAsync(Server["Ec"], [H("x")], hashType: "SDR");
        (await V2("signatures/signDoc", new JsonObject
        {
            ["credentialID"] = Server["Ec"],
            ["SAD"] = sad,
            ["documentDigests"] = new JsonArray(new JsonObject
            {
                ["hashes"] = new JsonArray(H("x")), ["hashAlgorithmOID"] = Sha384, ["signature_format"] = "P", ["signAlgo"] = Target.EcdsaSha256,
            }),
        })).IsRefused("String parameter hashAlgorithmOID contradicts with signAlgo parameter");
    }
}
