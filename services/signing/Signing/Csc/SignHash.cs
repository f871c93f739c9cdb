using System.Security.Claims;
using Google.Protobuf;
using Npgsql;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.Pki;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Csc;

/// <summary>CSC API <c>signatures/signHash</c> (§5.11), with the checks in the order of §10.1.</summary>
internal static class SignHash
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/signatures/signHash", Handle).RequireAccess("service", CredentialToken.Scope);

    internal static async Task<IResult> Handle(HttpContext http, ClaimsPrincipal user, NpgsqlDataSource db, Sad sads, AccessTokens tokens, IActivationModule module,
        RecordSignatures record, SigningOptions options, TimeProvider clock, CancellationToken ct)
    {
        // Step 3: presence and types.
        using CscRequest request = await CscRequest.ReadAsync(http);
        Caller caller = Caller.Of(user);
        string credentialId = request.RequiredString("credentialID");
        string? sad = Entitlement.Read(request, caller);
        IReadOnlyList<string> texts = Digests.Read(request) ?? throw Digests.Missing(request.Version);
        string signAlgo = request.RequiredString("signAlgo");
        string? signAlgoParams = request.Member("signAlgoParams") is null ? null : request.RequiredString("signAlgoParams");
        string? hashOid = request.HashOid();
        request.CheckCommon();
        OperationMode mode = OperationMode.Read(request, caller, options);
        // Steps 4 and 5: credential, then SAD.
        Entitlement entitlement = await Entitlement.OfAsync(sad, caller, sads, tokens, ct);
        AuthorizedUse use = await AuthorizedUse.FindAsync(db, credentialId, entitlement, sads, caller, clock, ct);
        // Step 6: algorithms and digests.
        RequestedAlgorithm algorithm = RequestedAlgorithm.Resolve(signAlgo, signAlgoParams, hashOid, use.Credential.Key, request.Version.HashOid);
        byte[][] digests = Digests.Decode(texts, algorithm.Hash);
        // Step 7: the certificate, now.
        use.CheckStatus(clock.GetUtcNow());
        // Steps 8 and 9.
        if (use.Transaction.Kind != SigningTransaction.Dtbsr)
            throw CscRequest.Invalid(AuthorizedUse.NotAuthorized);
        SignReply reply = await use.SignAsync(module, request.Version, algorithm, digests.Select(digest => new SignItem { Digest = UnsafeByteOperations.UnsafeWrap(digest) }), digests.Length, ct);
        var response = new SignatureResponse { Signatures = [.. reply.Signatures.Select(signature => algorithm.IsPlain ? EcdsaValue.ToFixedLength(signature.Memory, use.Credential.Key.Length / 8) : signature.ToByteArray())] };
        return await ReleaseAsync(use.Transaction, digests.Length, response, mode, record, clock);
    }

    /// <summary>Records, then answers: a signature leaves only after its record is safe. Not cancelled by the client, because it exists.</summary>
    internal static async Task<IResult> ReleaseAsync(
        SigningTransaction transaction, int count, SignatureResponse response, OperationMode mode, RecordSignatures record, TimeProvider clock)
    {
        Guid responseId = Guid.CreateVersion7();
        bool recorded = mode.IsAsynchronous
            ? await record.RecordAsync(transaction, count, [], tx => mode.KeepAsync(tx, responseId, transaction.Id, CscResults.Bytes(response), clock.GetUtcNow(), CancellationToken.None))
            : await record.RecordAsync(transaction.Id, count);
        if (!recorded)
            throw CscRequest.InvalidParameter("SAD"); // it ended while we signed
        return CscResults.Ok(mode.IsAsynchronous ? new SignatureResponse { ResponseId = responseId.ToString("D") } : response, CscJson.Default.Signatures);
    }
}
