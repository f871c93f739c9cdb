using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.SignatureActivation.Tests.Support;

namespace Pechat.SignatureActivation.Tests.Activation;

/// <summary>A SAD that replaces another (CSC v1 extendTransaction), and what a hostile Signing cannot gain by it.</summary>
public sealed class RenewSadTests : WithCredential
{
    private const string NewSad = "the SAD that follows";

    [Test]
    public async Task What_is_left_moves_to_the_new_sad_and_the_old_one_is_worthless()
    {
        SignRequest request = await ActivatedAsync(3);
        SignRequest first = request.Clone();
        first.Items.RemoveAt(2);
        first.Items.RemoveAt(1);
        await _module.Signing.SignAsync(first);
        _module.Cluster.Clock.Advance(TimeSpan.FromMinutes(4));
        RenewSadReply reply = await _module.Signing.RenewSadAsync(Renewal(request));
        Assert.That(reply.Remaining, Is.EqualTo(2));
        Assert.That(await _module.Signing.RenewSadAsync(Renewal(request)), Is.EqualTo(reply), "the same call answers the same");
        _module.Cluster.Clock.Advance(TimeSpan.FromMinutes(4)); // the old one would have expired
        SignRequest rest = request.Clone();
        rest.Items.RemoveAt(0);
        Assert.That(await Sign(rest), Is.EqualTo("PermissionDenied invalid_sad"));
        Assert.That(await Renew(Renewal(request, "a third")), Is.EqualTo("PermissionDenied invalid_sad"), "nor does it open another renewal");
        rest.Sad = NewSad;
        Assert.That(await Sign(rest), Is.EqualTo("accepted"));
        Assert.That(await Sign(rest), Is.EqualTo("PermissionDenied digest_not_authorised"), "no slot came back");
    }

    private static IEnumerable<TestCaseData> Misuses()
    {
        yield return Case("a wrong SAD", "PermissionDenied invalid_sad", request => request.Sad = "x" + request.Sad[1..]);
        yield return Case("an unknown transaction", "PermissionDenied invalid_sad", request => request.TransactionId = Guid.NewGuid().ToString());
        yield return Case("another credential", "PermissionDenied wrong_credential", request => request.CredentialId = Guid.NewGuid().ToString());
        yield return Case("another client", "PermissionDenied wrong_client", request => request.ClientId = "thief");
        yield return Case("no hash", "InvalidArgument invalid_request", request => request.NewSadHash = ByteString.CopyFrom(1, 2, 3));

        static TestCaseData Case(string name, string expected, Action<RenewSadRequest> spoil) => new TestCaseData(spoil, expected).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Misuses))]
    public async Task Nobody_else_renews_it(Action<RenewSadRequest> spoil, string expected)
    {
        SignRequest request = await ActivatedAsync(1);
        RenewSadRequest spoilt = Renewal(request);
        spoil(spoilt);
        Assert.That(await Renew(spoilt), Is.EqualTo(expected));
        Assert.That(await Sign(request), Is.EqualTo("accepted"));
    }

    [Test]
    public async Task Without_a_live_activation_there_is_nothing_to_renew()
    {
        (OpenTransactionRequest shown, string sad) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        await _module.Signing.OpenTransactionAsync(shown);
        Assert.That(await Renew(Renewal(Module.SignAll(shown, sad, Module.Digests(1)))), Is.EqualTo("PermissionDenied invalid_sad"), "not activated");
        SignRequest closed = await ActivatedAsync(1), expired = await ActivatedAsync(1);
        await _module.Signing.CloseTransactionAsync(new CloseTransactionRequest { TransactionId = closed.TransactionId });
        Assert.That(await Renew(Renewal(closed)), Is.EqualTo("FailedPrecondition transaction_closed"));
        _module.Cluster.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.That(await Renew(Renewal(expired)), Is.EqualTo("FailedPrecondition sad_expired"));
        Assert.That(await Module.RefusalOf(_module.Identity.RenewSadAsync(Renewal(expired))), Is.EqualTo("PermissionDenied peer_refused"));
    }

    [Test]
    public async Task An_hour_after_the_confirmation_no_renewal_helps()
    {
        DateTime start = _module.Cluster.Clock.GetUtcNow().UtcDateTime;
        SignRequest request = await ActivatedAsync(1);
        RenewSadReply last = new();
        for (int i = 0; i < 15; i++)
        {
            _module.Cluster.Clock.Advance(TimeSpan.FromMinutes(4));
            RenewSadRequest next = Renewal(request, $"SAD {i}");
            if (i == 14)
                Assert.That(await Renew(next), Is.EqualTo("FailedPrecondition sad_expired"));
            else
                last = await _module.Signing.RenewSadAsync(next);
            request.Sad = $"SAD {i}";
        }
        Assert.That(last.SadExpiresAt.ToDateTime() - start, Is.EqualTo(TimeSpan.FromHours(1)).Within(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public async Task Of_many_renewals_at_once_one_counts()
    {
        SignRequest request = await ActivatedAsync(1);
        string[] outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Renew(Renewal(request, $"SAD {i}"))));
        Assert.That(outcomes.Count(outcome => outcome == "accepted"), Is.EqualTo(1), string.Join(", ", outcomes));
        request.Sad = $"SAD {Array.IndexOf(outcomes, "accepted")}";
        Assert.That(await Sign(request), Is.EqualTo("accepted"));
    }

    [TestCase("update activation set activated_at = activated_at + interval '1 day' where transaction_id = '{0}'")]
    [TestCase("insert into renewal select transaction_id, 1, sha256('x'), sha256('thief'), now() + interval '1 day', now(), mac from activation where transaction_id = '{0}'")]
    public async Task A_sad_that_the_database_prolongs_or_exchanges_signs_nothing(string sql)
    {
        SignRequest request = await ActivatedAsync(1);
        await _module.RunAsOwnerAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, sql, request.TransactionId));
        _module.Cluster.Logs.ExpectError(144);
        if (sql.Contains("thief", StringComparison.Ordinal))
            request.Sad = "thief";
        Assert.That(await Sign(request), Is.EqualTo("Internal"));
        Assert.That(await Renew(Renewal(request)), Is.EqualTo("Internal"));
    }

    private Task<SignRequest> ActivatedAsync(int count) => _module.ActivatedAsync(_phone, _credential, Module.Digests(count));

    private static RenewSadRequest Renewal(SignRequest request, string newSad = NewSad) => new()
    {
        TransactionId = request.TransactionId, CredentialId = request.CredentialId, ClientId = request.ClientId, Sad = request.Sad,
        NewSadHash = ByteString.CopyFrom(SHA256.HashData(Encoding.UTF8.GetBytes(newSad))),
    };

    private Task<string> Renew(RenewSadRequest request) => Module.RefusalOf(_module.Signing.RenewSadAsync(request));

    private Task<string> Sign(SignRequest request) => Module.RefusalOf(_module.Signing.SignAsync(request));
}
