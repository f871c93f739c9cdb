using System.Security.Claims;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Signing.Credentials;
using Pechat.Signing.Documents;

namespace Pechat.Signing.Csc;

/// <summary>
/// CSC API v2 <c>signatures/signDoc</c> (§5.12). Whole files are prepared first and the phone confirms exactly what the key will sign;
/// digests are signed with a SAD of hash type SDR, and the activation module itself checks that the attributes carry them.
/// </summary>
internal static class SignDoc
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/signatures/signDoc", Handle).RequireAccess("service", CredentialToken.Scope);

    internal static async Task<IResult> Handle(HttpContext http, ClaimsPrincipal user, NpgsqlDataSource db, SignDigests digests, AskToSignFiles files,
        SigningOptions options, TimeProvider clock, CancellationToken ct)
    {
        using CscRequest request = await CscRequest.ReadAsync(http, options.MaxDocumentRequestBytes);
        Caller caller = Caller.Of(user);
        string? credentialId = request.Member("credentialID") is null ? null : request.RequiredString("credentialID");
        string? qualifier = request.OptionalString("signatureQualifier");
        if (credentialId is null && qualifier is null)
            throw CscRequest.MissingString("credentialID");
        string? sad = request.Member("SAD") is null ? null : request.RequiredString("SAD");
        bool authorized = sad is not null || caller.Token is not null;
        if (request.Member("documents") is not null && request.Member("documentDigests") is not null)
            throw CscRequest.Invalid("Both documentDigests and documents parameters passed");
        IReadOnlyList<DocumentItem>? documents = DocumentItem.ReadDocuments(request), hashes = DocumentItem.ReadDigests(request);
        if (documents is null && hashes is null)
            throw CscRequest.Invalid("Empty documentDigests and documents objects");
        string description = AuthorizeCredential.Description(request);
        bool validationInfo = request.Flag("returnValidationInfo") || request.Flag("returnValidationInformation");
        request.CheckCommon();
        OperationMode mode = OperationMode.Read(request, caller, options);
        if (validationInfo)
            throw CscRequest.Invalid("Invalid parameter returnValidationInfo"); // info announces validationInfo: false
        credentialId ??= await ChooseAsync(db, caller, qualifier!, clock, ct);
        if (hashes is not null)
            return await digests.HandleAsync(credentialId, authorized ? sad : throw CscRequest.MissingString("SAD"), hashes, caller, mode, ct);
        // A SAD covers digests that are known before a file is prepared, and the byte range of a PDF is not: nothing can match.
        return !authorized
            ? await files.HandleAsync(credentialId, documents!, description, caller, mode, ct)
            : throw FaultException.Forbidden("invalid_hash", "Document or documentDigest does not match authorized hash");
    }

    /// <summary>The server's choice: the credential of the caller with the wanted qualifier that lasts longest.</summary>
    private static async Task<string> ChooseAsync(NpgsqlDataSource db, Caller caller, string qualifier, TimeProvider clock, CancellationToken ct)
    {
        if (caller.CustomerId is not { } customer)
            throw CscRequest.MissingString("credentialID"); // whose would it be?
        List<Credential> credentials = await ListCredentials.QueryAsync(db, customer, onlyValid: true, Guid.Empty, ListCredentials.MaxPageSize, clock.GetUtcNow(), ct);
        return credentials.Where(credential => CredentialInfo.QualifierOf(credential) == qualifier).MaxBy(credential => credential.NotAfter)?.Id.ToString("D")
            ?? throw CscRequest.InvalidParameter("signatureQualifier");
    }
}
