using System.Security.Claims;
using System.Text.Json;
using Npgsql;
using Pechat.Contracts;
using Pechat.Pki;
using Pechat.Signing.CodeFlow;
using Pechat.Signing.Credentials;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Csc;

/// <summary>
/// CSC API <c>credentials/authorize</c> (§5.6): asks the signer's phone. v2 answers 202 with a handle for <c>authorizeCheck</c>; v1 has no such
/// answer and waits (D-28), and so does v2 for a client that speaks with the names of v1 (D-2).
/// </summary>
internal static class AuthorizeCredential
{
    internal const int MaxDescriptionLength = 500;

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/credentials/authorize", Handle);

    internal static async Task<IResult> Handle(HttpContext http, ClaimsPrincipal user, NpgsqlDataSource db, OpenTransaction open, AwaitDecision decision,
        Sad sad, SigningOptions options, TimeProvider clock, CancellationToken ct)
    {
        using CscRequest request = await CscRequest.ReadAsync(http);
        Caller caller = Caller.Of(user);
        // Presence and types, in the order of §10.1.
        string credentialId = request.RequiredString("credentialID");
        int count = Count(request);
        IReadOnlyList<string> texts = Digests.Read(request) ?? throw Digests.Missing(request.Version); // SCAL 2
        string? hashOid = request.HashOid();
        string kind = Kind(request);
        string description = Description(request);
        request.CheckCommon();
        Credential credential = await GetCredential.FindAsync(db, credentialId, caller, ct);
        if (count < 1)
            throw CscRequest.Invalid("Invalid value for parameter numSignatures");
        if (count > options.MultiSign)
            throw CscRequest.Invalid("Numbers of signatures is too high");
        CheckFactors(request);
        if (texts.Count != count)
            throw CscRequest.Invalid("The number of hashes must equal numSignatures");
        DigestAlgorithm algorithm = Algorithm(request, hashOid, texts);
        byte[][] digests = Digests.Decode(texts, algorithm);
        DateTimeOffset now = clock.GetUtcNow();
        if (!credential.IsEnabled(now))
            throw CscRequest.Invalid("The credential identified by credentialID is disabled");

        bool asksAgain = request.Version == CscVersion.V2 && request.Member("hash") is null;
        Guid id = Guid.CreateVersion7(now);
        await open.OpenAsync(new SigningTransaction
        {
            Id = id,
            CustomerId = credential.CustomerId,
            CredentialId = credential.Id,
            ClientId = caller.ClientId,
            Payer = options.PayerFor(caller.ClientId),
            Purpose = "authorization",
            Description = description,
            Kind = kind,
            HashAlgorithm = algorithm.Oid,
            Names = [.. Enumerable.Range(0, count).Select(CredentialAuthorizationService.UsualName)],
            Digests = digests,
            Remaining = count,
            CreatedAt = now.UtcDateTime,
            ExpiresAt = (now + (asksAgain ? options.ConfirmationLifetime : options.SynchronousWait)).UtcDateTime,
        }, store: null, ct);
        return asksAgain
            ? CscResults.Pending(http, new HandleResponse(id.ToString("D")), CscJson.Default.Handle)
            : Decided(await decision.WaitAsync(id, ct), id, sad, clock);
    }

    private static IResult Decided(AwaitDecision.Outcome outcome, Guid id, Sad sad, TimeProvider clock) => outcome switch
    {
        { State: "active", SadExpiresAt: { } until } => CscResults.Ok(AuthorizationResponse.Of(sad.Of(id), until, clock), CscJson.Default.Authorization),
        { State: "rejected" } => throw FaultException.Invalid("access_denied", "The signer declined the request"),
        { State: "confirming" } => throw FaultException.Unavailable("temporarily_unavailable", "The confirmation could not be completed; try again"),
        _ => throw FaultException.Invalid("access_denied", "The signer did not confirm the request in time"),
    };

    private static int Count(CscRequest request) =>
        request.Member("numSignatures") is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int count)
            ? count : throw CscRequest.Invalid("Missing (or invalid type) integer parameter numSignatures");

    /// <summary>Extension of 2.2: what the digests are.</summary>
    private static string Kind(CscRequest request) => request.OptionalString("hashType") switch
    {
        null or SigningTransaction.Dtbsr => SigningTransaction.Dtbsr,
        SigningTransaction.Sdr => SigningTransaction.Sdr,
        _ => throw CscRequest.InvalidParameter("hashType"),
    };

    internal static string Description(CscRequest request)
    {
        string text = request.OptionalString("description") ?? "";
        return text.Length <= MaxDescriptionLength && !text.Contains('\0', StringComparison.Ordinal) ? text : throw CscRequest.InvalidParameter("description");
    }

    /// <summary>The only factor is the phone, so any value that the client typed in is wrong.</summary>
    private static void CheckFactors(CscRequest request)
    {
        var refused = FaultException.Invalid("invalid_authentication_data", "The authentication data is invalid");
        bool v1 = request.Version == CscVersion.V1;
        if (request.OptionalString("PIN") is { Length: > 0 })
            throw v1 ? FaultException.Invalid("invalid_pin", "The PIN is invalid") : refused;
        if (request.OptionalString("OTP") is { Length: > 0 })
            throw v1 ? FaultException.Invalid("invalid_otp", "The OTP is invalid") : refused;
        if (request.Member("authData") is not { } data)
            return;
        if (data.ValueKind != JsonValueKind.Array)
            throw CscRequest.InvalidParameter("authData");
        foreach (JsonElement entry in data.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object)
                throw CscRequest.InvalidParameter("authData");
            if (CscRequest.OptionalString(entry, "id") != CredentialInfo.PhoneId || CscRequest.OptionalString(entry, "value") is { Length: > 0 })
                throw refused;
        }
    }

    /// <summary>Clients that send the v1 name <c>hash</c> know no algorithm at this point (D-2): its length tells.</summary>
    private static DigestAlgorithm Algorithm(CscRequest request, string? oid, IReadOnlyList<string> texts)
    {
        if (oid is not null)
            return DigestAlgorithm.Find(oid) ?? throw CscRequest.InvalidParameter(request.Version.HashOid);
        if (request.Version == CscVersion.V2 && request.Member("hashes") is not null)
            throw CscRequest.MissingString("hashAlgorithmOID");
        byte[] first = Digests.DecodeOne(texts[0]) ?? throw CscRequest.Invalid("Invalid Base64 hash string parameter");
        return DigestAlgorithm.All.FirstOrDefault(each => each.Length == first.Length) ?? throw CscRequest.Invalid("Invalid digest value length");
    }
}
