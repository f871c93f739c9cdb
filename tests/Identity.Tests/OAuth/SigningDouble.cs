using System.Collections.Concurrent;
using Pechat.Contracts;
using Pechat.Contracts.Signing.V1;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.Tests.OAuth;

/// <summary>Plays Signing's side of the code flow: remembers what it was asked, and the phone's decisions that a test takes.</summary>
internal sealed class SigningDouble(TimeProvider clock) : ICredentialAuthorization
{
    public const string Credential = "5c1f6a0e-1111-4222-8333-444455556666";

    public ConcurrentDictionary<Guid, OpenAuthorizationRequest> Asked { get; } = new();
    public ConcurrentDictionary<Guid, string> States { get; } = new();
    public Exception? Fails { get; set; }

    public Task<AuthorizationReply> OpenAsync(OpenAuthorizationRequest request, CancellationToken ct)
    {
        if (Fails is not null)
            return Task.FromException<AuthorizationReply>(Fails);
        var id = Guid.Parse(request.TransactionId);
        if (request.CredentialId is not ("" or Credential))
            throw FaultException.Invalid("invalid_request", "Invalid parameter credentialID");
        Asked.TryAdd(id, request);
        States.TryAdd(id, "pending");
        return GetAsync(id, ct);
    }

    public Task<AuthorizationReply> GetAsync(Guid transaction, CancellationToken ct)
    {
        OpenAuthorizationRequest asked = Asked.GetValueOrDefault(transaction) ?? throw FaultException.NotFound("unknown_transaction", "there is no such authorisation");
        return Task.FromResult(new AuthorizationReply
        {
            State = States[transaction], CredentialId = Credential, CertificateSubject = "CN=Ivan <Petrov>,C=BG", NumSignatures = asked.Digests.Count,
            Description = asked.Description, Digests = { asked.Digests }, HashAlgorithm = asked.HashAlgorithm,
            ExpiresAt = clock.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds(),
        });
    }

    public Task CloseAsync(Guid transaction, CancellationToken ct)
    {
        if (!States.TryUpdate(transaction, "declined", "pending"))
            States.TryUpdate(transaction, "closed", "active");
        return Task.CompletedTask;
    }
}
