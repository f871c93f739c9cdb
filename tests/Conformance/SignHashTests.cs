using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Pechat.Pki;

namespace Pechat.Conformance.Tests;

/// <summary>Checklist 11.9.</summary>
internal sealed class SignHashTests : Suite
{
    private static byte[][] Signatures(Answer answer) => [.. answer.IsOk()["signatures"].AsArray().Select(each => Convert.FromBase64String((string)each!))];

    private static async Task<RSA> RsaKeyAsync() => (await Server.CertificateAsync(Server["Rsa"])).GetRSAPublicKey()!;

    private static bool Verifies(RSA key, string word, byte[] signature) =>
        key.VerifyHash(Convert.FromBase64String(H(word)), signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    private static async Task<Answer> SignAsync(string credential, string signAlgo, Action<JsonObject>? change, params string[] hashes)
    {
        JsonObject body = Target.SignBody(credential, await Server.SadAsync(credential, hashes), signAlgo, hashes);
        change?.Invoke(body);
        return await V2("signatures/signHash", body);
    }

    private static JsonObject BodyOfV1(string credential, string sad, string signAlgo, params string[] hashes)
    {
        JsonObject body = Target.SignBody(credential, sad, signAlgo, hashes);
        (body["hash"], _) = (body["hashes"]!.DeepClone(), body.Remove("hashes"));
        return body;
    }

    [Test, Statement(97), Statement(98)]
    public async Task Combined_and_plain_identifier_make_the_same_rsa_signature()
    {
        using RSA key = await RsaKeyAsync();
        string first = await Server.SadAsync(Server["Rsa"], [H("alpha")]), second = await Server.SadAsync(Server["Rsa"], [H("alpha")]);
        byte[] combined = Signatures(await V1("signatures/signHash", BodyOfV1(Server["Rsa"], first, Target.RsaSha256, H("alpha")))).Single();
        Assert.That(combined, Has.Length.EqualTo(256));
        Assert.That(Verifies(key, "alpha", combined));
        JsonObject body = BodyOfV1(Server["Rsa"], second, Target.Rsa, H("alpha"));
        body["hashAlgo"] = Sha256;
        Assert.That(Signatures(await V1("signatures/signHash", body)).Single(), Is.EqualTo(combined));
    }

    [Test, Statement(99)]
    public async Task Plain_identifier_needs_the_hash() => (await V1("signatures/signHash",
        BodyOfV1(Server["Rsa"], await Server.SadAsync(Server["Rsa"], [H("x")]), Target.Rsa, H("x")))).IsRefused("Missing (or invalid type) string parameter hashAlgo");

    [Test, Statement(100)]
    public async Task Hash_beside_a_combined_identifier_must_agree()
    {
        (await SignAsync(Server["Rsa"], Target.RsaSha256, body => body["hashAlgorithmOID"] = Sha256, H("agrees"))).IsOk();
        (await SignAsync(Server["Rsa"], Target.RsaSha256, body => body["hashAlgorithmOID"] = Sha384, H("differs"))).IsRefused();
    }

    [Test, Statement(101)]
    public async Task Several_digests_are_signed_in_order()
    {
        using RSA key = await RsaKeyAsync();
        string[] words = ["alpha", "bravo", "charlie"];
        byte[][] signatures = Signatures(await SignAsync(Server["Rsa"], Target.RsaSha256, null, [.. words.Select(H)]));
        Assert.That(signatures, Has.Length.EqualTo(3));
        Assert.That(words.Zip(signatures).All(pair => Verifies(key, pair.First, pair.Second)));
    }

    [Test, Statement(102)]
    public async Task Order_of_authorisation_does_not_matter() => (await SignAsync(Server["Rsa"], Target.RsaSha256,
        body => body["hashes"] = Target.Array([H("c"), H("a"), H("b")]), H("a"), H("b"), H("c"))).IsOk();

    [Test, Statement(103), Statement(104)]
    public async Task Only_what_was_authorised_is_signed_and_once()
    {
        string sad = await Server.SadAsync(Server["Rsa"], [H("mine"), H("twice"), H("twice")]);
        Task<Answer> Sign(params string[] hashes) => V2("signatures/signHash", Target.SignBody(Server["Rsa"], sad, Target.RsaSha256, hashes));
        (await Sign(H("another"))).IsRefused("Hash is not authorized by the SAD.");
        (await Sign(H("mine"), H("another"))).IsRefused("Hash is not authorized by the SAD.");
        (await Sign(H("mine"))).IsOk();
        (await Sign(H("mine"))).IsRefused();
        (await Sign(H("twice"))).IsOk();
        (await Sign(H("twice"))).IsOk();
        (await Sign(H("twice"))).IsRefused();
    }

    [Test, Statement(105)]
    public async Task Parallel_calls_share_one_budget()
    {
        string[] hashes = [H("p"), H("q")];
        string sad = await Server.SadAsync(Server["Ec"], hashes);
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => V2("signatures/signHash", Target.SignBody(Server["Ec"], sad, Target.EcdsaSha256, hashes))));
        Assert.That(answers.Count(answer => answer.Status == 200), Is.EqualTo(1));
    }

    [Test, Statement(106)]
    public async Task Sad_serves_as_many_calls_as_signatures()
    {
        string[] hashes = [.. Enumerable.Range(0, 20).Select(i => H($"call {i}"))];
        string sad = await Server.SadAsync(Server["Rsa"], hashes);
        foreach (string hash in hashes)
            (await V2("signatures/signHash", Target.SignBody(Server["Rsa"], sad, Target.RsaSha256, hash))).IsOk();
        (await V2("signatures/signHash", Target.SignBody(Server["Rsa"], sad, Target.RsaSha256, hashes[0]))).IsRefused();
    }

    [Test, Statement(107)]
    public async Task Sad_serves_its_own_credential_user_and_client()
    {
        string sad = await Server.SadAsync(Server["Rsa"], [H("bound")]);
        (await V2("signatures/signHash", Target.SignBody(Server["Ec"], sad, Target.EcdsaSha256, H("bound")))).IsRefused("Invalid parameter SAD");
        (await V2("signatures/signHash", Target.SignBody(Server["Bobs"], sad, Target.EcdsaSha256, H("bound")), Bob)).IsRefused("Invalid parameter SAD");
        (await V2("signatures/signHash", Target.SignBody(Server["Rsa"], sad, Target.RsaSha256, H("bound")), Server["OtherClient"])).IsRefused("Invalid parameter SAD");
    }

    [Test, Statement(108)]
    public async Task Sad_is_needed_and_checked([Values(1, 2)] int version)
    {
        async Task Refused(string text, JsonNode? sad)
        {
            JsonObject body = Target.SignBody(Server["Rsa"], null, Target.RsaSha256, H("x"));
            body["SAD"] = sad;
            (await Server.PostAsync($"csc/v{version}/signatures/signHash", body, Alice)).IsRefused(text);
        }

        await Refused("Missing (or invalid type) string parameter SAD", null);
        await Refused("Missing (or invalid type) string parameter SAD", 5);
        await Refused("Invalid parameter SAD", "unknown");
    }

    [Test, Statement(109), Statement(110)]
    public async Task Digests_are_needed_and_checked()
    {
        string sad = await Server.SadAsync(Server["Rsa"], [H("x")]);
        async Task Refused(string text, JsonNode? hashes)
        {
            JsonObject body = BodyOfV1(Server["Rsa"], sad, Target.RsaSha256, H("x"));
            body["hash"] = hashes;
            (await V1("signatures/signHash", body)).IsRefused(text);
        }

        await Refused("Missing (or invalid type) array parameter hash", null);
        await Refused("Missing (or invalid type) array parameter hash", 5);
        await Refused("Empty hash array", new JsonArray());
        await Refused("Invalid Base64 hash string parameter", new JsonArray("***"));
        await Refused("Invalid digest value length", new JsonArray(Convert.ToBase64String(new byte[20])));
    }

    [Test, Statement(111)]
    public async Task Algorithm_is_needed_and_one_of_the_key()
    {
        string sad = await Server.SadAsync(Server["Rsa"], [H("x")]);
        JsonObject none = BodyOfV1(Server["Rsa"], sad, "x", H("x"));
        none.Remove("signAlgo");
        (await V1("signatures/signHash", none)).IsRefused("Missing (or invalid type) string parameter signAlgo");
        foreach (string wrong in new[] { Target.EcdsaSha256, "1.2.840.113549.1.1.5" })
            (await V1("signatures/signHash", BodyOfV1(Server["Rsa"], sad, wrong, H("x")))).IsRefused("Invalid parameter signAlgo");
    }

    private static bool VerifiesPss(X509Certificate2 certificate, string word, int salt, byte[] signature) => Certificate.Parse(certificate.RawData).PublicKey.VerifyHash(
        SignatureAlgorithm.RsaPss(new RsaPssParameters(DigestAlgorithm.Sha256, salt)), Convert.FromBase64String(H(word)), signature);

    // The three encodings of section 8.4: with NULL, without, with an explicit trailer.
    [TestCase("MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEg"), Statement(112)]
    [TestCase("MDCgDTALBglghkgBZQMEAgGhGjAYBgkqhkiG9w0BAQgwCwYJYIZIAWUDBAIBogMCASA=")]
    [TestCase("MDmgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEgowMCAQE=")]
    public async Task Pss_parameters_are_read_in_every_encoding(string parameters)
    {
        byte[] signature = Signatures(await SignAsync(Server["Rsa"], Target.RsaPss, body => body["signAlgoParams"] = parameters, H("pss"))).Single();
        Assert.That(VerifiesPss(await Server.CertificateAsync(Server["Rsa"]), "pss", 32, signature));
    }

    [TestCase(222), TestCase(0), Statement(113)]
    public async Task Pss_salt_is_as_long_as_asked(int salt)
    {
        string parameters = Convert.ToBase64String(new RsaPssParameters(DigestAlgorithm.Sha256, salt).Encode());
        byte[] signature = Signatures(await SignAsync(Server["Rsa"], Target.RsaPss, body => body["signAlgoParams"] = parameters, H("salt"))).Single();
        Assert.That(VerifiesPss(await Server.CertificateAsync(Server["Rsa"]), "salt", salt, signature));
        Assert.That(VerifiesPss(await Server.CertificateAsync(Server["Rsa"]), "salt", 32, signature), Is.False);
        string tooLong = Convert.ToBase64String(new RsaPssParameters(DigestAlgorithm.Sha256, 223).Encode());
        (await SignAsync(Server["Rsa"], Target.RsaPss, body => body["signAlgoParams"] = tooLong, H("salt"))).IsRefused();
    }

    [Test, Statement(114)]
    public async Task Pss_without_parameters_needs_the_hash()
    {
        (await SignAsync(Server["Rsa"], Target.RsaPss, null, H("none"))).IsRefused("Missing (or invalid type) string parameter signAlgoParams");
        byte[] signature = Signatures(await SignAsync(Server["Rsa"], Target.RsaPss, body => body["hashAlgorithmOID"] = Sha256, H("hash only"))).Single();
        Assert.That(VerifiesPss(await Server.CertificateAsync(Server["Rsa"]), "hash only", 32, signature));
    }

    [TestCase("MDGgCzAJBgUrDgMCGgUAoRgwFgYJKoZIhvcNAQEIMAkGBSsOAwIaBQCiAwIBFKMDAgEB"), Statement(115)]
    [TestCase("MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgIFAKIDAgEg")]
    [TestCase("MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEgAA==")]
    public async Task Weak_and_malformed_pss_parameters_are_refused(string parameters) =>
        (await SignAsync(Server["Rsa"], Target.RsaPss, body => body["signAlgoParams"] = parameters, H("bad"))).IsRefused();

    [Test, Statement(116)]
    public async Task Ecdsa_is_der()
    {
        using ECDsa key = (await Server.CertificateAsync(Server["Ec"])).GetECDsaPublicKey()!;
        byte[] signature = Signatures(await SignAsync(Server["Ec"], Target.EcdsaSha256, null, H("ec"))).Single();
        var sequence = new System.Formats.Asn1.AsnReader(signature, System.Formats.Asn1.AsnEncodingRules.DER).ReadSequence();
        Assert.That((sequence.ReadInteger().Sign, sequence.ReadInteger().Sign, sequence.HasData), Is.EqualTo((1, 1, false)));
        Assert.That(key.VerifyHash(Convert.FromBase64String(H("ec")), signature, DSASignatureFormat.Rfc3279DerSequence));
    }

    [Test, Statement(117)]
    public async Task P384_signs_sha384()
    {
        byte[] digest = SHA384.HashData("p384"u8);
        string hash = Convert.ToBase64String(digest), sad = await Server.SadAsync(Server["Ec384"], [hash], hashOid: Sha384);
        byte[] signature = Signatures(await V2("signatures/signHash", Target.SignBody(Server["Ec384"], sad, Target.EcdsaSha384, hash))).Single();
        using ECDsa key = (await Server.CertificateAsync(Server["Ec384"])).GetECDsaPublicKey()!;
        Assert.That(key.VerifyHash(digest, signature, DSASignatureFormat.Rfc3279DerSequence));
    }

    [Test, Statement(119)]
    public async Task Key_that_is_disabled_after_the_authorisation_does_not_sign()
    {
        byte[] digest = SHA384.HashData("suspended"u8);
        string hash = Convert.ToBase64String(digest), sad = await Server.SadAsync(Server["Ec384"], [hash], hashOid: Sha384);
        await Server.Controls.SuspendAsync(Server["Ec384"], true);
        Answer refused = await V2("signatures/signHash", Target.SignBody(Server["Ec384"], sad, Target.EcdsaSha384, hash));
        await Server.Controls.SuspendAsync(Server["Ec384"], false);
        refused.IsRefused();
        (await V2("signatures/signHash", Target.SignBody(Server["Ec384"], sad, Target.EcdsaSha384, hash))).IsOk();
    }

    [Test, Statement(120)]
    public async Task Names_of_v1_are_understood_by_v2()
    {
        (await SignAsync(Server["Ec"], Target.EcdsaSha256, body => body["hashAlgorithmOID"] = Sha256, H("v2 names"))).IsOk();
        (await SignAsync(Server["Ec"], Target.EcdsaSha256, body =>
        {
            (body["hash"], body["hashAlgo"]) = (body["hashes"]!.DeepClone(), Sha256);
            body.Remove("hashes");
        }, H("v1 names"))).IsOk();
        (await SignAsync(Server["Ec"], Target.EcdsaSha256, body => body["hash"] = Target.Array([H("another")]), H("both"))).IsRefused();
    }

    [Test, Statement(121)]
    public async Task Digests_are_read_in_every_encoding()
    {
        string odd = Convert.ToBase64String(Convert.FromHexString("fbff" + new string('e', 60)));
        string sad = await Server.SadAsync(Server["Ec"], [odd, odd, odd]);
        foreach (string text in new[] { odd, odd.Replace('+', '-').Replace('/', '_').TrimEnd('='), Uri.EscapeDataString(odd) })
        {
            JsonObject body = Target.SignBody(Server["Ec"], sad, Target.EcdsaSha256);
            body["hashes"] = text;
            (await V2("signatures/signHash", body)).IsOk();
        }
    }

    [Test, Statement(122)]
    public async Task Operation_mode_is_checked()
    {
        (await SignAsync(Server["Ec"], Target.EcdsaSha256, body => body["operationMode"] = "X", H("mode"))).IsRefused("Invalid parameter operationMode");
        (await SignAsync(Server["Ec"], Target.EcdsaSha256, body => (body["operationMode"], body["validity_period"]) = ("S", -1), H("mode"))).IsOk();
    }
}
