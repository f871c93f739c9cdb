using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using Pechat.Pki;
using Pechat.Testing;
using static Pechat.Signing.Tests.SigningHouse;

namespace Pechat.Signing.Tests.Documents;

/// <summary>signatures/signDoc with whole files in CAdES, JAdES and XAdES.</summary>
[TestFixture]
internal sealed class SignFormatTests
{
    private static readonly byte[] Contract = Encoding.UTF8.GetBytes("<contract xmlns=\"urn:test\"><party>Мария</party></contract>");
    private SigningHouse _house = null!;
    private Guid _credential;

    [OneTimeSetUp]
    public async Task Start()
    {
        _house = await SigningHouse.StartAsync(new { SynchronousWait = "00:00:20" });
        _credential = await _house.CredentialAsync();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _house.Cluster.Logs.Verify();
        await _house.DisposeAsync();
    }

    [Test, Property("Clause", "CSC API v2 signatures/signDoc")]
    public async Task Files_of_every_format_are_signed_exactly_as_the_phone_confirmed_them()
    {
        Task<Answer> signing = _house.CscAsync("signatures/signDoc", Body(
            "all formats", Item("C", "Detached", "AdES-B-T"), Item("C", "Attached"), Item("J", "Attached", "AdES-B-T"), Item("X", "Enveloped", "AdES-B-T"), Item("X", "Enveloping")));
        JsonElement asked = default;
        await Eventually.HoldsAsync(async () =>
        {
            asked = (await _house.PhoneAsync(HttpMethod.Get, "")).Body.EnumerateArray().FirstOrDefault(each => each.GetProperty("description").GetString() == "all formats");
            return asked.ValueKind == JsonValueKind.Object;
        }, "the phone is asked");
        await _house.ConfirmAsync(asked.GetProperty("transactionId").GetGuid());
        Answer answer = await signing;
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        byte[][] files = [.. answer.Body.GetProperty("DocumentWithSignature").EnumerateArray().Select(each => each.GetBytesFromBase64())];
        byte[] detached = answer.Body.GetProperty("SignatureObject").EnumerateArray().Single().GetBytesFromBase64();
        byte[][] confirmed = [.. asked.GetProperty("documents").EnumerateArray().Select(each => Base64Url.DecodeFromChars(each.GetProperty("digest").GetString()))];
        Assert.Multiple(() =>
        {
            JudgeCms(detached, confirmed[0], content: null, stamps: 1);
            JudgeCms(files[0], confirmed[1], Contract, stamps: 0);
            JudgeJws(files[1], confirmed[2], stamps: 1);
            JudgeXml(files[2], confirmed[3], "contract", stamps: 1);
            JudgeXml(files[3], confirmed[4], "ds:Signature", stamps: 0);
        });
    }

    [Test, Property("Clause", "CSC API v2 signatures/signDoc")]
    public async Task Digest_of_a_file_that_stays_with_the_client_is_signed_in_detached_cades()
    {
        byte[] digest = DigestAlgorithm.Sha256.Hash(Contract);
        JsonObject authorize = AuthorizeBody(_credential, digest);
        authorize["hashType"] = "SDR";
        Guid id = await _house.AuthorizeAsync(authorize);
        await _house.ConfirmAsync(id);
        string sad = await _house.SadAsync(id);
        JsonObject Body(string format, string level) => new()
        {
            ["credentialID"] = _credential.ToString(),
            ["SAD"] = sad,
            ["documentDigests"] = new JsonArray(new JsonObject
            {
                ["hashes"] = new JsonArray(Convert.ToBase64String(digest)), ["hashAlgorithmOID"] = Sha256, ["signature_format"] = format,
                ["conformance_level"] = level, ["signAlgo"] = EcdsaSha256,
            }),
        };
        (await _house.CscAsync("signatures/signDoc", Body("X", "AdES-B-B"))).IsInvalid("Invalid parameter signature_format");
        Answer answer = await _house.CscAsync("signatures/signDoc", Body("C", "AdES-B-T"));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        byte[] cms = answer.Body.GetProperty("SignatureObject")[0].GetBytesFromBase64();
        JudgeCms(cms, SignedData.Parse(cms).Signers[0].SignedAttributes.Digest(DigestAlgorithm.Sha256), content: null, stamps: 1);
        Assert.That(SignedData.Parse(cms).Signers[0].SignedAttributes.SigningTime, Is.Not.Null);
    }

    [TestCase("C", "Enveloped")]
    [TestCase("J", "Revision")]
    [TestCase("X", "Detached")]
    public async Task Packaging_that_is_not_offered_is_refused(string format, string envelope) =>
        (await _house.CscAsync("signatures/signDoc", Body("refused", Item(format, envelope)))).IsInvalid("Invalid parameter signed_envelope_property");

    [Test]
    public async Task File_that_is_no_xml_and_dictionary_entries_outside_a_pdf_are_refused()
    {
        JsonObject text = Item("X", "Enveloped"), properties = Item("C", "Detached");
        text["document"] = Convert.ToBase64String("no XML"u8);
        properties["signed_props"] = new JsonArray(new JsonObject { ["attribute_name"] = "Reason", ["attribute_value"] = "AAAA" });
        Answer answer = await _house.CscAsync("signatures/signDoc", Body("refused", text));
        Assert.That(answer.Description, Does.StartWith("Document 1 cannot be signed: "));
        (await _house.CscAsync("signatures/signDoc", Body("refused", properties))).IsInvalid("Invalid parameter signed_props: Reason");
    }

    private static JsonObject Item(string format, string envelope, string level = "AdES-B-B") => new()
    {
        ["document"] = Convert.ToBase64String(Contract),
        ["signature_format"] = format,
        ["signed_envelope_property"] = envelope,
        ["conformance_level"] = level,
        ["signAlgo"] = EcdsaSha256,
    };

    private JsonObject Body(string description, params JsonNode[] items) =>
        new() { ["credentialID"] = _credential.ToString(), ["description"] = description, ["documents"] = new JsonArray(items) };

    private Certificate Certificate => _house.Module.Keys[_credential].Certificate;

    private void JudgeCms(byte[] cms, byte[] confirmed, byte[]? content, int stamps)
    {
        SignedData data = SignedData.Parse(cms);
        SignerInfo signer = data.Signers.Single();
        Assert.That(signer.Verify(Certificate));
        Assert.That(signer.SignedAttributes.Digest(DigestAlgorithm.Sha256), Is.EqualTo(confirmed));
        Assert.That(signer.SignedAttributes.MessageDigest.ToArray(), Is.EqualTo(DigestAlgorithm.Sha256.Hash(Contract)));
        Assert.That(data.Content?.ToArray(), Is.EqualTo(content));
        Assert.That(signer.UnsignedAttributes, Has.Count.EqualTo(stamps));
    }

    private void JudgeJws(byte[] json, byte[] confirmed, int stamps)
    {
        JsonNode jws = JsonNode.Parse(json)!;
        byte[] input = Encoding.ASCII.GetBytes($"{jws["protected"]}.{Base64Url.EncodeToString(Contract)}");
        Assert.That(DigestAlgorithm.Sha256.Hash(input), Is.EqualTo(confirmed));
        Assert.That(Certificate.PublicKey.Verify(SignatureAlgorithm.EcdsaSha256, input, EcdsaValue.ToDer(Base64Url.DecodeFromChars((string)jws["signature"]!))));
        Assert.That((string?)jws["payload"], Is.EqualTo(Base64Url.EncodeToString(Contract)));
        Assert.That(jws["header"]?["etsiU"]?.AsArray().Count ?? 0, Is.EqualTo(stamps));
    }

    private void JudgeXml(byte[] xml, byte[] confirmed, string root, int stamps)
    {
        var document = new XmlDocument { PreserveWhitespace = true };
        using (var reader = XmlReader.Create(new MemoryStream(xml)))
            document.Load(reader);
        byte[] value = Convert.FromBase64String(document.GetElementsByTagName("ds:SignatureValue")[0]!.InnerText);
        Assert.That(document.DocumentElement!.Name, Is.EqualTo(root));
        Assert.That(Certificate.PublicKey.VerifyHash(SignatureAlgorithm.EcdsaSha256, confirmed, EcdsaValue.ToDer(value)));
        Assert.That(document.GetElementsByTagName("xades:SignatureTimeStamp"), Has.Count.EqualTo(stamps));
    }
}
