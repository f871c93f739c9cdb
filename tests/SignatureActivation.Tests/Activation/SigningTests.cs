using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Pki;
using Pechat.SignatureActivation.Credentials;
using Pechat.SignatureActivation.Tests.Support;
using Pechat.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Pechat.SignatureActivation.Tests.Activation;

/// <summary>What the module signs, and what a hostile Signing cannot make it sign.</summary>
public sealed class SigningTests
{
    private Module _module = null!;
    private Phone _phone = null!;
    private CreateCredentialReply _credential = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _module = await Module.StartAsync(keyCacheCapacity: 3);
        _phone = await _module.EnrolAsync();
        _credential = await _module.CreateCredentialAsync(_phone.Owner);
    }

    [OneTimeTearDown]
    public async Task Stop() => await _module.DisposeAsync();

    [Test]
    public async Task Authorised_digests_are_signed_in_the_order_of_the_call()
    {
        byte[][] digests = Module.Digests(5);
        SignRequest request = await _module.ActivatedAsync(_phone, _credential.CredentialId, digests);
        SignRequest part = request.Clone();
        part.Items.Clear();
        part.Items.Add([request.Items[3], request.Items[1]]);
        SignReply reply = await _module.Signing.SignAsync(part);
        SubjectPublicKey key = SubjectPublicKey.Parse(_credential.PublicKey.Memory);
        Assert.That(reply.Remaining, Is.EqualTo(3));
        Assert.That(key.VerifyHash(SignatureAlgorithm.EcdsaSha256, digests[3], reply.Signatures[0].Span), Is.True);
        Assert.That(key.VerifyHash(SignatureAlgorithm.EcdsaSha256, digests[1], reply.Signatures[1].Span), Is.True);
    }

    [TestCase(KeyAlgorithm.P384, "SHA384", "ES384")]
    [TestCase(KeyAlgorithm.Rsa2048, "SHA256", "RS256")]
    [TestCase(KeyAlgorithm.Rsa2048, "SHA512", "PS512")]
    [TestCase(KeyAlgorithm.Rsa3072, "SHA256", "PS256")]
    [TestCase(KeyAlgorithm.Rsa4096, "SHA384", "RS384"), Requirement("S1-34")]
    public async Task Every_offered_algorithm_signs_and_proves_possession(KeyAlgorithm keyAlgorithm, string hash, string name)
    {
        SignatureAlgorithm algorithm = SignatureAlgorithm.All.Single(each => each.JwaName == name);
        CreateCredentialReply credential = await _module.CreateCredentialAsync(_phone.Owner, keyAlgorithm);
        CertificationRequest csr = CertificationRequest.Parse(credential.Csr.Memory);
        Assert.That(csr.ProvesPossession && csr.PublicKey.Encoded.Span.SequenceEqual(credential.PublicKey.Span), Is.True);
        byte[] digest = CryptographicOperations.HashData(new HashAlgorithmName(hash), "content"u8);
        SignRequest request = await _module.ActivatedAsync(_phone, credential.CredentialId, [digest], algorithm.Digest.Oid);
        request.SignatureAlgorithm = algorithm.Oid;
        if (algorithm.Scheme == SignatureScheme.RsaPss)
            request.SignatureParameters = ByteString.CopyFrom(algorithm.Identifier.Parameters.Span);
        SignReply reply = await _module.Signing.SignAsync(request);
        Assert.That(csr.PublicKey.VerifyHash(algorithm, digest, reply.Signatures[0].Span), Is.True);
    }

    [TestCase(0, true)]
    [TestCase(20, true)]
    [TestCase(222, true)]
    [TestCase(223, false)]
    public async Task Pss_signs_with_the_salt_that_was_asked_for_if_the_key_has_room(int salt, bool accepted)
    {
        SignatureAlgorithm algorithm = SignatureAlgorithm.RsaPss(new RsaPssParameters(DigestAlgorithm.Sha256, salt));
        CreateCredentialReply credential = await _module.CreateCredentialAsync(_phone.Owner, KeyAlgorithm.Rsa2048);
        byte[] digest = Module.Digest(7);
        SignRequest request = await _module.ActivatedAsync(_phone, credential.CredentialId, [digest]);
        (request.SignatureAlgorithm, request.SignatureParameters) = (algorithm.Oid, ByteString.CopyFrom(algorithm.Identifier.Parameters.Span));
        if (!accepted)
        {
            Assert.That(await Sign(request), Is.EqualTo("InvalidArgument invalid_request"));
            return;
        }
        SignReply reply = await _module.Signing.SignAsync(request);
        Assert.That(SubjectPublicKey.Parse(credential.PublicKey.Memory).VerifyHash(algorithm, digest, reply.Signatures[0].Span));
    }

    [Test]
    public async Task A_digest_signs_once_and_one_listed_twice_signs_twice()
    {
        byte[] digest = Module.Digest(1);
        SignRequest once = await _module.ActivatedAsync(_phone, _credential.CredentialId, [digest]);
        Assert.That(await Sign(once), Is.EqualTo("accepted"));
        Assert.That(await Sign(once), Is.EqualTo("PermissionDenied digest_not_authorised"));
        SignRequest twice = await _module.ActivatedAsync(_phone, _credential.CredentialId, [digest, digest]);
        twice.Items.RemoveAt(1);
        Assert.That(await Sign(twice), Is.EqualTo("accepted"));
        Assert.That(await Sign(twice), Is.EqualTo("accepted"));
        Assert.That(await Sign(twice), Is.EqualTo("PermissionDenied digest_not_authorised"));
    }

    [Test]
    public async Task Of_200_calls_at_once_for_one_digest_exactly_one_signs()
    {
        SignRequest request = await _module.ActivatedAsync(_phone, _credential.CredentialId, [Module.Digest(2)]);
        string[] outcomes = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => Sign(request))));
        Assert.That(outcomes.Count(outcome => outcome == "accepted"), Is.EqualTo(1));
        Assert.That(outcomes.Distinct(), Is.EquivalentTo(new[] { "accepted", "PermissionDenied digest_not_authorised" }));
    }

    [Test]
    public async Task All_or_none_is_signed()
    {
        byte[][] digests = Module.Digests(3);
        SignRequest request = await _module.ActivatedAsync(_phone, _credential.CredentialId, digests);
        SignRequest extra = request.Clone();
        extra.Items.Add(new SignItem { Digest = ByteString.CopyFrom(Module.Digest(77)) });
        Assert.That(await Sign(extra), Is.EqualTo("PermissionDenied digest_not_authorised"));
        SignRequest doubled = request.Clone();
        doubled.Items.Add(request.Items[0]);
        Assert.That(await Sign(doubled), Is.EqualTo("PermissionDenied digest_not_authorised"));
        Assert.That((await _module.Signing.SignAsync(request)).Signatures, Has.Count.EqualTo(3), "the refusals used nothing up");
    }

    private static IEnumerable<TestCaseData> Misuses()
    {
        yield return Case("a wrong SAD", "PermissionDenied invalid_sad", request => request.Sad = "x" + request.Sad[1..]);
        yield return Case("an empty SAD", "PermissionDenied invalid_sad", request => request.Sad = "");
        yield return Case("an unknown transaction", "PermissionDenied invalid_sad", request => request.TransactionId = Guid.NewGuid().ToString());
        yield return Case("another credential", "PermissionDenied wrong_credential", request => request.CredentialId = Guid.NewGuid().ToString());
        yield return Case("another client", "PermissionDenied wrong_client", request => request.ClientId = "thief");
        yield return Case("another digest", "PermissionDenied digest_not_authorised", request => request.Items[0].Digest = ByteString.CopyFrom(Module.Digest(9)));
        yield return Case("no item", "InvalidArgument invalid_request", request => request.Items.Clear());
        yield return Case("attributes for a digest", "InvalidArgument invalid_request", request => request.Items[0].SignedAttributes = ByteString.CopyFrom(0x31, 0));
        yield return Case("SHA-1", "InvalidArgument invalid_request", request => request.HashAlgorithm = "1.3.14.3.2.26");
        yield return Case("hash and signature that differ", "InvalidArgument invalid_request", request => request.HashAlgorithm = "2.16.840.1.101.3.4.2.3");
        yield return Case("RSA with an EC key", "InvalidArgument invalid_request", request => request.SignatureAlgorithm = "1.2.840.113549.1.1.11");
        yield return Case("parameters nobody knows", "InvalidArgument invalid_request", request => request.SignatureParameters = ByteString.CopyFrom(0x30, 0));

        static TestCaseData Case(string name, string expected, Action<SignRequest> spoil) => new TestCaseData(spoil, expected).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Misuses))]
    public async Task A_call_that_was_not_authorised_is_refused_and_uses_nothing_up(Action<SignRequest> spoil, string expected)
    {
        SignRequest request = await _module.ActivatedAsync(_phone, _credential.CredentialId, [Module.Digest(3)]);
        SignRequest spoilt = request.Clone();
        spoil(spoilt);
        Assert.That(await Sign(spoilt), Is.EqualTo(expected));
        Assert.That(await Sign(request), Is.EqualTo("accepted"));
    }

    [Test]
    public async Task The_sad_of_one_transaction_does_not_open_another()
    {
        SignRequest first = await _module.ActivatedAsync(_phone, _credential.CredentialId, [Module.Digest(4)]);
        SignRequest second = await _module.ActivatedAsync(_phone, _credential.CredentialId, [Module.Digest(5)]);
        first.Sad = second.Sad;
        Assert.That(await Sign(first), Is.EqualTo("PermissionDenied invalid_sad"));
    }

    [Test]
    public async Task An_expired_sad_and_a_closed_transaction_sign_nothing()
    {
        SignRequest closed = await _module.ActivatedAsync(_phone, _credential.CredentialId, [Module.Digest(6)]);
        await _module.Signing.CloseTransactionAsync(new CloseTransactionRequest { TransactionId = closed.TransactionId });
        Assert.That(await Sign(closed), Is.EqualTo("FailedPrecondition transaction_closed"));
        SignRequest expired = await _module.ActivatedAsync(_phone, _credential.CredentialId, [Module.Digest(6)]);
        _module.Cluster.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.That(await Sign(expired), Is.EqualTo("FailedPrecondition sad_expired"));
    }

    [Test]
    public async Task Only_signing_may_ask_for_signatures()
    {
        SignRequest request = await _module.ActivatedAsync(_phone, _credential.CredentialId, [Module.Digest(7)]);
        foreach (string caller in new[] { "identity", "gateway", "registration" })
            Assert.That(await Module.RefusalOf(_module.ClientOf(caller).SignAsync(request)), Is.EqualTo("PermissionDenied peer_refused"), caller);
    }

    [Test]
    public async Task Evicted_keys_are_unwrapped_again_and_the_cache_stays_bounded()
    {
        string[] credentials = [.. await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ => (await _module.CreateCredentialAsync(_phone.Owner)).CredentialId))];
        for (int round = 0; round < 2; round++)
        {
            foreach (string credential in credentials)
                Assert.That(await Sign(await _module.ActivatedAsync(_phone, credential, [Module.Digest(8)])), Is.EqualTo("accepted"));
        }
        Assert.That(_module.Service.Services.GetRequiredService<UserKeys>().Cached, Is.EqualTo(3));
    }

    [Test, Property("Clause", "RFC 5652 §5.4")]
    public async Task Signed_attributes_are_signed_when_their_message_digest_was_authorised()
    {
        byte[] document = SHA256.HashData("document"u8);
        SignedAttributes attributes = SignedAttributes.Create(Oids.Data, document, SelfSigned());
        SignRequest request = await ActivatedSdrAsync(document);
        request.Items[0].SignedAttributes = ByteString.CopyFrom(attributes.ToBeSigned.Span);
        SignReply reply = await _module.Signing.SignAsync(request);
        Assert.That(SubjectPublicKey.Parse(_credential.PublicKey.Memory).Verify(SignatureAlgorithm.EcdsaSha256, attributes.ToBeSigned.Span, reply.Signatures[0].Span), Is.True);
        Assert.That(await Sign(request), Is.EqualTo("PermissionDenied digest_not_authorised"));
    }

    [Test]
    public async Task Other_signed_attributes_are_refused()
    {
        byte[] document = SHA256.HashData("document"u8);
        Certificate certificate = SelfSigned();
        byte[] good = SignedAttributes.Create(Oids.Data, document, certificate).ToBeSigned.ToArray();
        SignRequest request = await ActivatedSdrAsync(document);
        (byte[] Attributes, string Expected)[] cases =
        [
            (SignedAttributes.Create(Oids.Data, Module.Digest(1), certificate).ToBeSigned.ToArray(), "PermissionDenied digest_not_authorised"),
            (SignedAttributes.Create("1.2.840.113549.1.9.16.1.4", document, certificate).ToBeSigned.ToArray(), "InvalidArgument invalid_request"),
            (WithoutSigningCertificate(document), "InvalidArgument invalid_request"),
            ([.. good, 0], "InvalidArgument invalid_request"),
            ([0xA0, .. good[1..]], "InvalidArgument invalid_request"),
            (good[..^1], "InvalidArgument invalid_request"),
            ([], "InvalidArgument invalid_request"),
        ];
        foreach ((byte[] attributes, string expected) in cases)
        {
            request.Items[0].SignedAttributes = ByteString.CopyFrom(attributes);
            Assert.That(await Sign(request), Is.EqualTo(expected), Convert.ToHexString(attributes));
        }
        request.Items[0].Digest = ByteString.CopyFrom(document); // the document's digest itself was not authorised for signing
        Assert.That(await Sign(request), Is.EqualTo("InvalidArgument invalid_request"));
    }

    private async Task<SignRequest> ActivatedSdrAsync(byte[] document)
    {
        (OpenTransactionRequest shown, string sad) = _module.NewTransaction(_phone.Owner, _credential.CredentialId, [document], DigestKind.Sdr);
        string challenge = (await _module.Signing.OpenTransactionAsync(shown)).Challenge;
        await _module.Signing.ActivateAsync(new ActivateRequest { TransactionId = shown.TransactionId, Activation = _phone.Activate(shown, challenge) });
        return Module.SignAll(shown, sad, [document]);
    }

    private static byte[] WithoutSigningCertificate(byte[] document)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSetOf())
        {
            foreach ((string oid, Action write) in new (string, Action)[]
            {
                ("1.2.840.113549.1.9.3", () => writer.WriteObjectIdentifier(Oids.Data)),
                ("1.2.840.113549.1.9.4", () => writer.WriteOctetString(document)),
            })
            {
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(oid);
                    using (writer.PushSetOf())
                        write();
                }
            }
        }
        return writer.Encode();
    }

    private static Certificate SelfSigned()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.NonRepudiation, critical: true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(70));
        return Certificate.Parse(certificate.RawData);
    }

    private Task<string> Sign(SignRequest request) => Module.RefusalOf(_module.Signing.SignAsync(request));
}
