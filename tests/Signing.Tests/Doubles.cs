using System.Collections.Concurrent;
using System.Security.Cryptography;
using Google.Protobuf;
using Pechat.Contracts;
using Pechat.Contracts.Billing.V1;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Contracts.Identity.V1;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Pki;
using Pechat.Signing.Credentials;
using Pechat.Signing.Csc;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Tests;

/// <summary>Keeps the promises of the activation module's contract: challenges, slots that sign once, all or nothing.</summary>
internal sealed class FakeActivationModule(TimeProvider clock) : IActivationModule
{
    internal sealed class State
    {
        internal required OpenTransactionRequest Open { get; init; }
        internal required List<byte[]> Slots { get; init; }
        internal bool Activated { get; set; }
        internal bool Closed { get; set; }
        internal DateTimeOffset Until { get; set; }
    }

    internal const string GoodActivation = "good", WrongPin = "wrong-pin", LastWrongPin = "last-wrong-pin";

    internal ConcurrentDictionary<Guid, State> Transactions { get; } = new();
    internal ConcurrentDictionary<Guid, TestSigner> Keys { get; } = new();
    internal bool IsDown { get; set; }
    internal int SignCalls { get; private set; }

    /// <summary>Runs after the module did its part and before the answer arrives: a lost answer, or something meanwhile.</summary>
    internal Func<Task>? AfterSign { get; set; }
    internal Func<Task>? AfterActivate { get; set; }

    public Task<string> OpenAsync(OpenTransactionRequest request, CancellationToken ct)
    {
        ThrowIfDown();
        if (!Keys.ContainsKey(Guid.Parse(request.CredentialId)))
            throw FaultException.NotFound("unknown_credential", "no such key");
        Transactions[Guid.Parse(request.TransactionId)] = new State { Open = request, Slots = [.. request.Digests.Select(d => d.ToByteArray())] };
        return Task.FromResult(Convert.ToHexString(RandomNumberGenerator.GetBytes(32)));
    }

    public async Task<DateTimeOffset> ActivateAsync(Guid transactionId, string activation, CancellationToken ct)
    {
        ThrowIfDown();
        State state = Transactions[transactionId];
        if (activation == WrongPin)
            throw FaultException.Unauthenticated("invalid_pin", "the PIN is wrong");
        if (activation == LastWrongPin)
            throw FaultException.Forbidden("device_locked", "too many wrong PINs: the device is locked");
        if (activation != GoodActivation)
            throw FaultException.Forbidden("invalid_activation", "the activation does not fit");
        if (state.Activated)
            throw FaultException.Conflict("challenge_used", "the challenge was used");
        if (state.Closed || state.Open.ExpiresAt.ToDateTimeOffset() < clock.GetUtcNow())
            throw FaultException.Conflict("transaction_expired", "too late");
        state.Activated = true;
        state.Until = clock.GetUtcNow() + state.Open.SadLifetime.ToTimeSpan();
        if (AfterActivate is { } after)
            await after();
        return state.Until;
    }

    public async Task<SignReply> SignAsync(SignRequest request, CancellationToken ct)
    {
        ThrowIfDown();
        SignCalls++;
        var reply = new SignReply();
        if (!Transactions.TryGetValue(Guid.Parse(request.TransactionId), out State? state) || !state.Activated || state.Closed)
            throw FaultException.Forbidden("invalid_sad", "no such activation");
        if (!SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(request.Sad)).AsSpan().SequenceEqual(state.Open.SadHash.Span))
            throw FaultException.Forbidden("invalid_sad", "another SAD");
        if (request.CredentialId != state.Open.CredentialId)
            throw FaultException.Forbidden("wrong_credential", "another key");
        if (request.ClientId != state.Open.ClientId)
            throw FaultException.Forbidden("wrong_client", "another client");
        if (state.Until <= clock.GetUtcNow())
            throw FaultException.Conflict("sad_expired", "too late");
        lock (state)
        {
            var left = new List<byte[]>(state.Slots);
            DigestAlgorithm hash = DigestAlgorithm.Find(request.HashAlgorithm)!;
            foreach (SignItem item in request.Items)
            {
                bool isSdr = state.Open.Kind == DigestKind.Sdr;
                byte[] authorised = isSdr ? SignedAttributes.Parse(item.SignedAttributes.ToByteArray()).MessageDigest.ToArray() : item.Digest.ToByteArray();
                int slot = left.FindIndex(each => each.AsSpan().SequenceEqual(authorised));
                if (slot < 0)
                    throw FaultException.Forbidden("digest_not_authorised", "not this one");
                left.RemoveAt(slot);
                byte[] digest = isSdr ? hash.Hash(item.SignedAttributes.Span) : authorised;
                reply.Signatures.Add(ByteString.CopyFrom(Keys[Guid.Parse(request.CredentialId)].SignDigest(request.SignatureAlgorithm, hash.Name, digest)));
            }
            state.Slots.Clear();
            state.Slots.AddRange(left);
        }
        reply.Remaining = state.Slots.Count;
        if (AfterSign is { } after)
            await after();
        return reply;
    }

    /// <summary>Keys that were destroyed.</summary>
    internal ConcurrentBag<string> Destroyed { get; } = [];

    internal Func<Task>? AfterRenew { get; set; }

    public async Task<DateTimeOffset> RenewAsync(RenewSadRequest request, CancellationToken ct)
    {
        ThrowIfDown();
        if (!Transactions.TryGetValue(Guid.Parse(request.TransactionId), out State? state) || !state.Activated || state.Closed
            || !SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(request.Sad)).AsSpan().SequenceEqual(state.Open.SadHash.Span))
            throw FaultException.Forbidden("invalid_sad", "no such activation");
        if (state.Until <= clock.GetUtcNow())
            throw FaultException.Conflict("sad_expired", "too late");
        state.Open.SadHash = request.NewSadHash;
        state.Until = clock.GetUtcNow() + state.Open.SadLifetime.ToTimeSpan();
        if (AfterRenew is { } after)
            await after();
        return state.Until;
    }

    public Task DestroyAsync(DestroyCredentialRequest request, CancellationToken ct)
    {
        ThrowIfDown();
        Destroyed.Add(request.CredentialId);
        return Task.CompletedTask;
    }

    public Task CloseAsync(Guid transactionId, CancellationToken ct)
    {
        ThrowIfDown();
        if (Transactions.TryGetValue(transactionId, out State? state))
            state.Closed = true;
        return Task.CompletedTask;
    }

    private void ThrowIfDown()
    {
        if (IsDown)
            throw FaultException.Unavailable("temporarily_unavailable", "a service that is needed does not answer; try again");
    }
}

internal sealed class FakeLedger : IUnitLedger
{
    internal ConcurrentDictionary<Guid, ReserveRequest> Reserved { get; } = new();
    internal int Reservations { get; private set; }
    internal bool IsEmpty { get; set; }
    internal bool IsDown { get; set; }

    public Task ReserveAsync(ReserveRequest request, CancellationToken ct)
    {
        if (IsDown)
            throw FaultException.Unavailable("temporarily_unavailable", "a service that is needed does not answer; try again");
        if (IsEmpty)
            throw FaultException.Exhausted("no_units", "no units are left");
        if (Reserved.TryAdd(Guid.Parse(request.ReservationId), request))
            Reservations++;
        return Task.CompletedTask;
    }
}

internal sealed class FakeCertificates : ICertificates
{
    internal ConcurrentDictionary<string, IssuedCertificate> Issued { get; } = new();
    internal ConcurrentDictionary<string, int> Revoked { get; } = new();
    internal bool IsDown { get; set; }

    public Task RevokeAsync(string serial, int reason, string requestedBy, CancellationToken ct)
    {
        if (reason is 2 or 6 or 8 or 10)
            throw FaultException.Invalid("invalid_reason", "the reason does not fit");
        Revoked.TryAdd(serial, reason);
        return Task.CompletedTask;
    }

    public Task<IssuedCertificate> GetAsync(string serial, CancellationToken ct) => IsDown
        ? throw FaultException.Unavailable("temporarily_unavailable", "a service that is needed does not answer; try again")
        : Task.FromResult(Issued.TryGetValue(serial, out IssuedCertificate? found) ? found : throw FaultException.NotFound("unknown_certificate", "no such certificate"));
}

/// <summary>A client's address that takes notices, or does not.</summary>
internal sealed class FakeNotifier : IResponseNotifier
{
    internal ConcurrentQueue<(Uri Uri, string ResponseId)> Told { get; } = new();
    internal bool IsDown { get; set; }

    public Task<bool> NotifyAsync(Uri uri, string responseId, CancellationToken ct)
    {
        Told.Enqueue((uri, responseId));
        return Task.FromResult(!IsDown);
    }
}

/// <summary>Identity's sessions: one customer, whose phone always agrees.</summary>
internal sealed class FakeSessions : ISessions
{
    internal ConcurrentQueue<LoginRequest> Logins { get; } = new();
    internal ConcurrentQueue<RevokeRequest> Revoked { get; } = new();

    public Task<SessionTokens> LoginAsync(LoginRequest request, CancellationToken ct)
    {
        Logins.Enqueue(request);
        if (request.RefreshToken.Length > 0 && request.RefreshToken != "refresh-1")
            throw FaultException.Invalid("invalid_request", "Invalid refresh_token");
        if (request.RefreshToken.Length == 0 && request.UserName != "alice@example.com")
            throw FaultException.Invalid("authentication_error", "An error occurred during authentication process");
        return Task.FromResult(new SessionTokens { AccessToken = "access-1", ExpiresIn = 3600, RefreshToken = request.RememberMe ? "refresh-1" : "" });
    }

    public Task RevokeAsync(RevokeRequest request, CancellationToken ct)
    {
        if (request.Token == "unknown")
            throw FaultException.Invalid("invalid_request", "Invalid string parameter token");
        Revoked.Enqueue(request);
        return Task.CompletedTask;
    }
}

internal sealed class FakeTimestamper(TimeProvider clock) : ITimestamper, IDisposable
{
    private readonly TestSigner _unit = new(ECDsa.Create(ECCurve.NamedCurves.nistP256), clock.GetUtcNow().AddYears(-1), clock.GetUtcNow().AddYears(5), Oids.KpTimeStamping);

    internal bool IsDown { get; set; }
    internal bool Lies { get; set; }
    internal Certificate Certificate => _unit.Certificate;

    public async Task<ReadOnlyMemory<byte>> StampAsync(ReadOnlyMemory<byte> request, CancellationToken ct)
    {
        if (IsDown)
            throw FaultException.Unavailable("temporarily_unavailable", "a service that is needed does not answer; try again");
        TimestampRequest asked = TimestampRequest.Parse(request);
        var info = new TstInfo
        {
            Policy = Oids.PolicyBestPracticeTimestamp,
            Imprint = Lies ? MessageImprint.Of(DigestAlgorithm.Sha256, new byte[32]) : asked.Imprint,
            SerialNumber = new byte[] { 1 },
            GenTime = clock.GetUtcNow(),
            Nonce = asked.Nonce,
        };
        return TimestampResponse.Granted(await TimestampToken.SignAsync(info, _unit.Certificate, new MemorySigner(_unit.Key), [_unit.Certificate], ct));
    }

    public void Dispose() => _unit.Dispose();
}
