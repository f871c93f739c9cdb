using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.Pki;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Csc;

/// <summary>
/// CSC API <c>credentials/extendTransaction</c> (§5.10): a new SAD for what is left of an authorisation. All credentials are SCAL 2 and digests
/// cannot be added later, so the digests in the request must be among those that the signer confirmed.
/// </summary>
internal static class ExtendTransaction
{
    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/credentials/extendTransaction", Handle).RequireAccess("service", CredentialToken.Scope);

    internal static async Task<IResult> Handle(HttpContext http, ClaimsPrincipal user, NpgsqlDataSource db, Sad sads, AccessTokens tokens,
        IActivationModule module, TimeProvider clock, CancellationToken ct)
    {
        using CscRequest request = await CscRequest.ReadAsync(http);
        Caller caller = Caller.Of(user);
        string credentialId = request.RequiredString("credentialID");
        string? sad = Entitlement.Read(request, caller);
        IReadOnlyList<string> texts = Digests.Read(request) ?? throw Digests.Missing(request.Version);
        string? hashOid = request.HashOid();
        request.CheckCommon();
        AuthorizedUse use = await AuthorizedUse.FindAsync(db, credentialId, await Entitlement.OfAsync(sad, caller, sads, tokens, ct), sads, caller, clock, ct);
        if (hashOid is null && request.Version == CscVersion.V2 && request.Member("hashes") is not null)
            throw CscRequest.MissingString("hashAlgorithmOID");
        if (hashOid is not null && hashOid != use.Transaction.HashAlgorithm)
            throw CscRequest.InvalidParameter(request.Version.HashOid);
        byte[][] digests = Digests.Decode(texts, DigestAlgorithm.Find(use.Transaction.HashAlgorithm)!);
        await CheckAuthorizedAsync(db, use.Transaction, digests, ct);
        (string renewed, DateTimeOffset until) = await RenewAsync(db, module, sads, use.Transaction, ct);
        return CscResults.Ok(AuthorizationResponse.Of(renewed, until.UtcDateTime, clock), CscJson.Default.Authorization);
    }

    private static async Task CheckAuthorizedAsync(NpgsqlDataSource db, SigningTransaction transaction, byte[][] digests, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var authorised = (await connection.QuerySingleAsync<byte[][]>(new CommandDefinition(
            "select digests from signing_transaction where id = @Id", new { transaction.Id }, cancellationToken: ct))).Select(Convert.ToHexString).ToHashSet();
        if (digests.Length > transaction.Remaining || digests.Any(digest => !authorised.Contains(Convert.ToHexString(digest))))
            throw CscRequest.Invalid(AuthorizedUse.NotAuthorized);
    }

    /// <summary>
    /// The activation module first: a crash in between leaves it one version ahead, and nobody holds that SAD. The next call finds its own
    /// SAD refused there and goes on from the version ahead.
    /// </summary>
    private static async Task<(string Sad, DateTimeOffset Until)> RenewAsync(
        NpgsqlDataSource db, IActivationModule module, Sad sads, SigningTransaction transaction, CancellationToken ct)
    {
        int version = transaction.SadVersion;
        DateTimeOffset until;
        try
        {
            until = await module.RenewAsync(Request(version), ct);
        }
        catch (FaultException fault) when (fault.Code == "invalid_sad")
        {
            until = await RetryAsync(() => module.RenewAsync(Request(++version), ct));
        }
        catch (FaultException fault) when (fault.Kind is FaultKind.Forbidden or FaultKind.Conflict or FaultKind.NotFound)
        {
            throw Refused(fault);
        }
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(CancellationToken.None);
        int stored = await connection.ExecuteAsync("""
            update signing_transaction set sad_version = @next, sad_expires_at = @until
            where id = @Id and state = 'active' and sad_version = @SadVersion
            """, new { transaction.Id, transaction.SadVersion, next = version + 1, until = until.UtcDateTime });
        return stored == 1 ? (sads.Of(transaction.Id, version + 1), until) : throw CscRequest.InvalidParameter("SAD"); // ended or renewed meanwhile

        RenewSadRequest Request(int from) => new()
        {
            CredentialId = transaction.CredentialId.ToString("D"),
            ClientId = transaction.ClientId,
            TransactionId = transaction.Id.ToString("D"),
            Sad = sads.Of(transaction.Id, from),
            NewSadHash = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(sads.HashOf(transaction.Id, from + 1)),
        };
    }

    private static async Task<DateTimeOffset> RetryAsync(Func<Task<DateTimeOffset>> renew)
    {
        try
        {
            return await renew();
        }
        catch (FaultException fault) when (fault.Kind is FaultKind.Forbidden or FaultKind.Conflict or FaultKind.NotFound)
        {
            throw Refused(fault);
        }
    }

    private static FaultException Refused(FaultException fault) =>
        new(FaultKind.Invalid, "invalid_request", fault.Code == "sad_expired" ? "SAD expired" : "Invalid parameter SAD", fault);
}
