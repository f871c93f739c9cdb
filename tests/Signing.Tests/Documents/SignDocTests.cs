using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pechat.Pki;
using Pechat.Testing;
using static Pechat.Signing.Tests.SigningHouse;

namespace Pechat.Signing.Tests.Documents;

/// <summary>signatures/signDoc and its results by signPolling.</summary>
[TestFixture]
internal sealed class SignDocTests
{
    private SigningHouse _house = null!;
    private Guid _credential;

    [OneTimeSetUp]
    public async Task Start()
    {
        _house = await SigningHouse.StartAsync(new { SynchronousWait = "00:00:05" });
        _credential = await _house.CredentialAsync();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _house.Cluster.Logs.Verify();
        await _house.DisposeAsync();
    }

    [TearDown]
    public void Restore()
    {
        _house.Module.IsDown = _house.Timestamper.IsDown = false;
        _house.Module.AfterSign = null;
    }

    /// <summary>A minimal PDF 1.4 with a classic cross-reference table.</summary>
    private static byte[] Pdf(string text)
    {
        string stream = $"BT /F1 24 Tf 50 100 Td ({text}) Tj ET";
        string[] objects =
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            $"<< /Length {stream.Length} >>\nstream\n{stream}\nendstream",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ];
        var file = new StringBuilder("%PDF-1.4\n");
        var table = new StringBuilder("0000000000 65535 f \n");
        for (int i = 0; i < objects.Length; i++)
        {
            table.Append(System.Globalization.CultureInfo.InvariantCulture, $"{file.Length:D10} 00000 n \n");
            file.Append(System.Globalization.CultureInfo.InvariantCulture, $"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }
        int xref = file.Length;
        file.Append(System.Globalization.CultureInfo.InvariantCulture, $"xref\n0 6\n{table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n");
        return Encoding.ASCII.GetBytes(file.ToString());
    }

    private JsonObject Body(params byte[][] files) => new()
    {
        ["credentialID"] = _credential.ToString(),
        ["documents"] = new JsonArray([.. files.Select(file => (JsonNode)new JsonObject
        {
            ["document"] = Convert.ToBase64String(file),
            ["signature_format"] = "P",
            ["conformance_level"] = "ades-b-b",
            ["signAlgo"] = EcdsaSha256,
        })]),
    };

    private Task<Answer> SignAsync(JsonObject body, string? token = null) => _house.CscAsync("signatures/signDoc", body, token);

    /// <summary>Waits until the phone sees a request with this description.</summary>
    private async Task<JsonElement> AskedAsync(string description)
    {
        JsonElement found = default;
        await Eventually.HoldsAsync(async () =>
        {
            found = (await _house.PhoneAsync(HttpMethod.Get, "")).Body.EnumerateArray().FirstOrDefault(each => each.GetProperty("description").GetString() == description);
            return found.ValueKind == JsonValueKind.Object;
        }, "the phone is asked");
        return found;
    }

    private static SignerInfo SignatureOf(byte[] signed, int original)
    {
        string update = Encoding.Latin1.GetString(signed.AsSpan(original));
        byte[] room = Convert.FromHexString(System.Text.RegularExpressions.Regex.Match(update, "/Contents *<([0-9A-F]+)>").Groups[1].ValueSpan);
        int length = room[1] < 0x80 ? 2 + room[1] : room[1] == 0x81 ? 3 + room[2] : room[1] == 0x82 ? 4 + (room[2] << 8) + room[3] : throw new InvalidDataException();
        return SignedData.Parse(room.AsMemory(0, length)).Signers[0];
    }

    [Test, Property("Clause", "CSC API v2 signatures/signDoc"), Requirement("S0-36")]
    public async Task Files_are_signed_exactly_as_the_phone_confirmed_them()
    {
        byte[] one = Pdf("one"), two = Pdf("two");
        JsonObject body = Body(one, two);
        body["description"] = "two files";
        body["documents"]![1]!["label"] = "договор.pdf";
        Task<Answer> signing = SignAsync(body);
        JsonElement asked = await AskedAsync("two files");
        Assert.That(asked.GetProperty("documents").EnumerateArray().Select(each => each.GetProperty("name").GetString()), Is.EqualTo(new[] { "document-1.pdf", "договор.pdf" }));
        Guid id = asked.GetProperty("transactionId").GetGuid();
        await _house.ConfirmAsync(id);
        Answer answer = await signing;
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        byte[][] files = [.. answer.Body.GetProperty("DocumentWithSignature").EnumerateArray().Select(each => each.GetBytesFromBase64())];
        Assert.That(answer.Body.GetProperty("documentWithSignature").GetRawText(), Is.EqualTo(answer.Body.GetProperty("DocumentWithSignature").GetRawText()));
        foreach ((byte[] original, byte[] signed, int i) in new[] { (one, files[0], 0), (two, files[1], 1) })
        {
            Assert.That(signed.AsSpan(0, original.Length).SequenceEqual(original), "the original is a prefix");
            SignerInfo signer = SignatureOf(signed, original.Length);
            Assert.That(signer.Verify(_house.Module.Keys[_credential].Certificate));
            string confirmed = asked.GetProperty("documents")[i].GetProperty("digest").GetString()!;
            Assert.That(System.Buffers.Text.Base64Url.EncodeToString(signer.SignedAttributes.Digest(DigestAlgorithm.Sha256)), Is.EqualTo(confirmed));
        }
        JsonElement created = (await _house.EventsAsync("signature-created.v1", id)).Single();
        Assert.That((created.GetProperty("signatures").GetInt32(), created.GetProperty("documentIds").GetArrayLength()), Is.EqualTo((2, 2)));
        Assert.That(_house.Ledger.Reserved[id].Units, Is.EqualTo(2));
        Assert.That(await _house.ScalarAsync<long>("select count(*) from document where transaction_id = @id and prepared is not null", new { id }), Is.Zero);
    }

    [Test, Property("Clause", "CSC API v2 signatures/signDoc")]
    public async Task Level_with_time_is_completed_when_the_time_stamping_unit_is_back_without_signing_again()
    {
        JsonObject body = Body(Pdf("stamped"));
        (body["description"], body["documents"]![0]!["conformance_level"]) = ("stamped", "AdES-B-T");
        _house.Timestamper.IsDown = true;
        int before = _house.Module.SignCalls;
        Task<Answer> signing = SignAsync(body);
        Guid id = (await AskedAsync("stamped")).GetProperty("transactionId").GetGuid();
        await _house.ConfirmAsync(id);
        await Eventually.HoldsAsync(async () => await _house.ScalarAsync<long>("select count(*) from document where transaction_id = @id and signature is not null", new { id }) == 1, "signed");
        _house.Timestamper.IsDown = false;
        Answer answer = await signing;
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        Assert.That(_house.Module.SignCalls, Is.EqualTo(before + 1));
        SignerInfo signer = SignatureOf(answer.Body.GetProperty("DocumentWithSignature")[0].GetBytesFromBase64(), Pdf("stamped").Length);
        CmsAttribute stamp = signer.UnsignedAttributes.Single(each => each.Oid == Oids.SignatureTimestamp);
        Assert.That(TimestampToken.Parse(stamp.Values[0]).Info.Imprint.Matches(DigestAlgorithm.Sha256, DigestAlgorithm.Sha256.Hash(signer.Signature.Span)));
    }

    [Test, Property("Clause", "CSC API v2 signatures/signDoc")]
    public async Task Declined_and_unanswered_requests_are_refusals()
    {
        JsonObject body = Body(Pdf("no"));
        body["description"] = "no";
        Task<Answer> signing = SignAsync(body);
        Guid id = (await AskedAsync("no")).GetProperty("transactionId").GetGuid();
        await _house.PhoneAsync(HttpMethod.Post, $"/{id}/decline", new { });
        Answer declined = await signing;
        Assert.That((declined.Status, declined.Error), Is.EqualTo((HttpStatusCode.BadRequest, "access_denied")));
        body["description"] = "silence";
        Task<Answer> waiting = SignAsync(body);
        Guid silent = (await AskedAsync("silence")).GetProperty("transactionId").GetGuid();
        Answer expired = await waiting;
        Assert.That((expired.Status, expired.Error), Is.EqualTo((HttpStatusCode.BadRequest, "access_denied")), expired.Text);
        Assert.That((await _house.EventsAsync("signature-ended.v1", silent)).Single().GetProperty("outcome").GetString(), Is.EqualTo("expired"));
        Assert.That((await _house.ConfirmAsync(silent)).Status, Is.EqualTo(HttpStatusCode.Conflict));
    }

    [Test, Property("Clause", "CSC API v2 signatures/signPolling")]
    public async Task Asynchronous_request_is_accepted_then_pending_then_there()
    {
        JsonObject body = Body(Pdf("later"));
        (body["description"], body["operationMode"]) = ("later", "A");
        Answer accepted = await SignAsync(body);
        string requestID = accepted.Body.GetProperty("responseID").GetString()!;
        Answer pending = await _house.CscAsync("signatures/signPolling", new { requestID });
        Assert.That((pending.Status, pending.Error), Is.EqualTo((HttpStatusCode.Accepted, "accepted_request")));
        await _house.ConfirmAsync((await AskedAsync("later")).GetProperty("transactionId").GetGuid());
        Answer done = pending;
        await Eventually.HoldsAsync(async () => (done = await _house.CscAsync("signatures/signPolling", new { requestID })).Status == HttpStatusCode.OK, "the result is there");
        Assert.That(done.Body.GetProperty("DocumentWithSignature").GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public async Task Crash_after_signing_never_signs_again_and_charges_nothing()
    {
        JsonObject body = Body(Pdf("crash"));
        (body["description"], body["operationMode"]) = ("crash", "A");
        Answer accepted = await SignAsync(body);
        Guid id = (await AskedAsync("crash")).GetProperty("transactionId").GetGuid();
        // The module signs, and the answer is lost: as after a crash, the lease lapses and another worker takes over.
        int signed = _house.Module.SignCalls;
        _house.Module.AfterSign = async () =>
        {
            _house.Module.AfterSign = null;
            await _house.ExecuteAsync("update signing_transaction set lease_until = now() - interval '1 minute' where id = @id", new { id });
            throw Contracts.FaultException.Unavailable("temporarily_unavailable", "the answer is lost");
        };
        await _house.ConfirmAsync(id);
        await Eventually.HoldsAsync(async () => await _house.StateAsync(id) == "failed", "it ends");
        Assert.That(_house.Module.SignCalls, Is.EqualTo(signed + 2), "the second call found the slot used up");
        Assert.That(await _house.EventsAsync("signature-created.v1", id), Is.Empty);
        Assert.That((await _house.EventsAsync("signature-ended.v1", id)).Single().GetProperty("outcome").GetString(), Is.EqualTo("failed"));
        Answer polled = await _house.CscAsync("signatures/signPolling", new { requestID = accepted.Body.GetProperty("responseID").GetString() });
        Assert.That((polled.Status, polled.Error), Is.EqualTo((HttpStatusCode.InternalServerError, "server_error")));
    }

    [TestCase("AdES-B-B")]
    [TestCase("AdES-B-T")]
    [Property("Clause", "CSC API v2 signatures/signDoc")]
    public async Task Digests_of_byte_ranges_become_signature_objects_under_an_sdr_authorisation(string level)
    {
        byte[] digest = Digest("byte range " + level);
        JsonObject authorize = AuthorizeBody(_credential, digest);
        authorize["hashType"] = "SDR";
        Guid id = await _house.AuthorizeAsync(authorize);
        await _house.ConfirmAsync(id);
        string sad = await _house.SadAsync(id);
        JsonObject body = DigestBody(sad, digest);
        body["documentDigests"]![0]!["conformance_level"] = level;
        Answer answer = await SignAsync(body);
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        SignerInfo signer = SignedData.Parse(answer.Body.GetProperty("SignatureObject")[0].GetBytesFromBase64()).Signers[0];
        Assert.That(signer.SignedAttributes.MessageDigest.ToArray(), Is.EqualTo(digest));
        Assert.That(signer.Verify(_house.Module.Keys[_credential].Certificate));
        Assert.That(signer.UnsignedAttributes.Count(each => each.Oid == Oids.SignatureTimestamp), Is.EqualTo(level == "AdES-B-T" ? 1 : 0));
        Assert.That((await _house.EventsAsync("signature-created.v1", id)).Single().GetProperty("documentIds").GetArrayLength(), Is.Zero);
        (await SignAsync(body)).IsInvalid("Invalid parameter SAD");
    }

    private JsonObject DigestBody(string sad, byte[] digest) => new()
    {
        ["credentialID"] = _credential.ToString(),
        ["SAD"] = sad,
        ["documentDigests"] = new JsonArray(new JsonObject
        {
            ["hashes"] = new JsonArray(Convert.ToBase64String(digest)),
            ["hashAlgorithmOID"] = Sha256,
            ["signature_format"] = "P",
            ["signAlgo"] = EcdsaSha256,
        }),
    };

    [Test, Property("Clause", "CSC API v2 signatures/signDoc")]
    public async Task Refusals_have_the_texts_of_the_standard()
    {
        byte[] digest = Digest("texts"), pdf = Pdf("texts");
        (_, string sad) = await _house.AuthorizedAsync(_credential, digest); // of kind DTBSR
        async Task Refused(string text, JsonObject body, Action<JsonObject> change)
        {
            change(body);
            (await SignAsync(body)).IsInvalid(text);
        }

        await Refused("Missing (or invalid type) string parameter credentialID", Body(pdf), b => b.Remove("credentialID"));
        await Refused("Invalid parameter signatureQualifier", Body(pdf), b => { b.Remove("credentialID"); b["signatureQualifier"] = "eu_eidas_qeseal"; });
        await Refused("Invalid parameter credentialID", Body(pdf), b => b["credentialID"] = Guid.NewGuid().ToString());
        await Refused("Both documentDigests and documents parameters passed", Body(pdf), b => b["documentDigests"] = new JsonArray());
        await Refused("Empty documentDigests and documents objects", Body(pdf), b => b.Remove("documents"));
        await Refused("Empty documentDigests and documents objects", Body(pdf), b => b["documents"] = new JsonArray());
        await Refused("Invalid array parameter documents", Body(pdf), b => b["documents"] = new JsonObject());
        await Refused("Invalid object parameter documentDigests", DigestBody(sad, digest), b => b["documentDigests"] = "x");
        await Refused("Invalid Base64 documents string parameter", Body(pdf), b => b["documents"]![0]!["document"] = "***");
        await Refused("Missing (or invalid type) string parameter signature_format", Body(pdf), b => b["documents"]![0]!.AsObject().Remove("signature_format"));
        await Refused("Invalid parameter signature_format", Body(pdf), b => b["documents"]![0]!["signature_format"] = "Z");
        await Refused("Invalid parameter conformance_level", Body(pdf), b => b["documents"]![0]!["conformance_level"] = "AdES-Z");
        await Refused("Invalid parameter signed_envelope_property", Body(pdf), b => b["documents"]![0]!["signed_envelope_property"] = "Enveloped");
        await Refused("Invalid parameter signed_props: Colour", Body(pdf), b => b["documents"]![0]!["signed_props"] = new JsonArray(new JsonObject { ["attribute_name"] = "Colour", ["attribute_value"] = "AAAA" }));
        await Refused("Missing (or invalid type) string parameter signAlgo", Body(pdf), b => b["documents"]![0]!.AsObject().Remove("signAlgo"));
        await Refused("Invalid parameter signAlgo", Body(pdf), b => b["documents"]![0]!["signAlgo"] = RsaSha256);
        await Refused("Missing (or invalid type) string parameter SAD", DigestBody(sad, digest), b => b.Remove("SAD"));
        await Refused("Invalid Base64 hashes string parameter", DigestBody(sad, digest), b => b["documentDigests"]![0]!["hashes"] = "***");
        await Refused("String parameter hashAlgorithmOID contradicts with signAlgo parameter", DigestBody(sad, digest), b => b["documentDigests"]![0]!["hashAlgorithmOID"] = "2.16.840.1.101.3.4.2.2");
        await Refused("documentDigests or documents are not authorized by the SAD", DigestBody(sad, digest), _ => { });
        Answer broken = await SignAsync(Body("%PDF-1.4 broken"u8.ToArray()));
        Assert.That((broken.Status, broken.Error), Is.EqualTo((HttpStatusCode.BadRequest, "invalid_request")));
        Assert.That(broken.Description, Does.StartWith("Document 1 cannot be signed: "));
        JsonObject withSad = Body(pdf);
        withSad["SAD"] = sad;
        Answer hash = await SignAsync(withSad);
        Assert.That((hash.Status, hash.Error, hash.Description), Is.EqualTo((HttpStatusCode.Forbidden, "invalid_hash", "Document or documentDigest does not match authorized hash")));
    }

    [Test]
    public async Task Archive_reads_a_signed_file_by_grpc_and_nobody_else_does()
    {
        JsonObject body = Body(Pdf(new string('a', 200_000)));
        body["description"] = "to the archive";
        Task<Answer> signing = SignAsync(body);
        Guid id = (await AskedAsync("to the archive")).GetProperty("transactionId").GetGuid();
        await _house.ConfirmAsync(id);
        byte[] expected = (await signing).Body.GetProperty("DocumentWithSignature")[0].GetBytesFromBase64();
        string document = (await _house.EventsAsync("signature-created.v1", id)).Single().GetProperty("documentIds")[0].GetString()!;
        (Contracts.Signing.V1.SignedDocumentHeader header, byte[] content) = await SignedDocumentReader.ReadAsync(_house, "documents", document);
        Assert.That(content, Is.EqualTo(expected));
        Assert.That((header.CustomerId, header.MediaType, header.Length, header.Sha256.ToByteArray()),
            Is.EqualTo((_house.Alice.ToString(), "application/pdf", (long)expected.Length, DigestAlgorithm.Sha256.Hash(expected))));
        Assert.That(async () => await SignedDocumentReader.ReadAsync(_house, "portal", document), Throws.InstanceOf<Grpc.Core.RpcException>().With.Property("StatusCode").EqualTo(Grpc.Core.StatusCode.PermissionDenied));
        Assert.That(async () => await SignedDocumentReader.ReadAsync(_house, "documents", Guid.NewGuid().ToString()), Throws.InstanceOf<Grpc.Core.RpcException>().With.Property("StatusCode").EqualTo(Grpc.Core.StatusCode.NotFound));
    }
}
