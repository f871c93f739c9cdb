using System.Globalization;
using System.Text.Json;
using Pechat.Contracts;

namespace Pechat.Identity.OAuth;

/// <summary>One document to be signed.</summary>
/// <param name="Hash">Digest.</param>
/// <param name="Label">What the signer is shown.</param>
/// <param name="HashType"><c>DTBSR</c> or <c>SDR</c>; null as long as the client says nothing.</param>
internal sealed record RequestedDigest(byte[] Hash, string? Label, string? HashType);

/// <summary>What a client wants a credential authorised for (CSC API §6.3 and §6.5), from plain parameters or <c>authorization_details</c>.</summary>
/// <param name="Type">Name of the details' type, echoed; null for plain parameters.</param>
/// <param name="CredentialId">The credential; null with a qualifier only.</param>
/// <param name="SignatureQualifier">Kind of credential that Signing chooses by.</param>
/// <param name="NumSignatures">How many signatures; null: as many as digests.</param>
/// <param name="HashAlgorithm">Dotted OID; null where the length of the digests tells (v1).</param>
/// <param name="Digests">What may be signed, in no order.</param>
/// <param name="Description">Shown to the signer.</param>
internal sealed record CredentialRequest(
    string? Type, string? CredentialId, string? SignatureQualifier, int? NumSignatures, string? HashAlgorithm, IReadOnlyList<RequestedDigest> Digests, string? Description)
{
    /// <summary>Type names of version 2.0 and 2.2.</summary>
    internal static readonly string[] Types = ["credential", "https://cloudsignatureconsortium.org/2025/credential"];

    private const int MaxDescription = 500;
    private const int MaxDigests = 1000; // D-20
    private const int MaxText = 255;

    /// <summary>Reads the parameters of an authorization request; where details and plain parameters both occur they must agree (D-15).</summary>
    /// <exception cref="FaultException">invalid_request or invalid_authorization_details.</exception>
    internal static CredentialRequest Read(Func<string, string?> one)
    {
        string? description = one("description");
        if (description is { Length: > MaxDescription } || description?.Contains('\0', StringComparison.Ordinal) == true)
            throw FaultException.Invalid("invalid_request", "Invalid parameter description");
        CredentialRequest plain = ReadPlain(one) with { Description = description };
        if (one("authorization_details") is not { } details)
            return plain.Checked("invalid_request");
        CredentialRequest rich = Parse(details) with { Description = description };
        return rich.Agrees(plain) ? rich : throw Wrong("authorization_details and plain parameters differ");
    }

    /// <summary>Reads <c>authorization_details</c> (RFC 9396): exactly one entry.</summary>
    /// <exception cref="FaultException">invalid_authorization_details.</exception>
    internal static CredentialRequest Parse(string details)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(details, new() { MaxDepth = 16, AllowDuplicateProperties = false });
            return document.RootElement is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() == 1 && list[0].ValueKind == JsonValueKind.Object
                ? ReadDetails(list[0]).Checked("invalid_authorization_details")
                : throw Wrong("authorization_details must be an array of one object");
        }
        catch (JsonException)
        {
            throw Wrong("authorization_details must be JSON");
        }
    }

    /// <summary>Whether another statement of the same request says nothing else; what it leaves out does not count.</summary>
    internal bool Agrees(CredentialRequest other)
    {
        static string[] Sorted(CredentialRequest request) => [.. request.Digests.Select(d => Convert.ToHexString(d.Hash)).Order(StringComparer.Ordinal)];
        return (other.CredentialId is null || other.CredentialId == CredentialId)
            && (other.SignatureQualifier is null || other.SignatureQualifier == SignatureQualifier)
            && (other.NumSignatures is null || other.NumSignatures == (NumSignatures ?? Digests.Count))
            && (other.HashAlgorithm is null || other.HashAlgorithm == HashAlgorithm)
            && (other.Digests.Count == 0 || Sorted(other).SequenceEqual(Sorted(this)));
    }

    /// <summary>The details as the token response repeats them, with the credential that was chosen; null for plain parameters.</summary>
    internal IReadOnlyList<object>? Echo(string credentialId)
    {
        if (Type is null)
            return null;
        var entry = new Dictionary<string, object> { ["type"] = Type, ["credentialID"] = credentialId };
        if (SignatureQualifier is not null)
            entry["signatureQualifier"] = SignatureQualifier;
        entry["numSignatures"] = NumSignatures ?? Digests.Count;
        entry["documentDigests"] = Digests.Select(Entry);
        if (HashAlgorithm is not null)
            entry["hashAlgorithmOID"] = HashAlgorithm;
        return [entry];
    }

    private static Dictionary<string, object> Entry(RequestedDigest digest)
    {
        var entry = new Dictionary<string, object> { ["hash"] = Convert.ToBase64String(digest.Hash) };
        if (digest.Label is not null)
            entry["label"] = digest.Label;
        if (digest.HashType is not null)
            entry["hashType"] = digest.HashType;
        return entry;
    }

    private static CredentialRequest ReadPlain(Func<string, string?> one)
    {
        string? hash = one("hash"), hashes = one("hashes"), number = one("numSignatures");
        if (hash is not null && hashes is not null && hash != hashes)
            throw FaultException.Invalid("invalid_request", "hash and hashes differ"); // D-2
        int parsed = 0;
        if (number is not null && !(int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out parsed) && parsed >= 1))
            throw FaultException.Invalid("invalid_request", "Invalid value for parameter numSignatures");
        var digests = ((hashes ?? hash)?.Split(',') ?? [])
            .Select(text => DigestText.TryDecode(text) ?? throw FaultException.Invalid("invalid_request", "Invalid parameter hashes"));
        return new(null, one("credentialID"), one("signatureQualifier"), number is null ? null : parsed, one("hashAlgorithmOID"), [.. digests.Select(d => new RequestedDigest(d, null, null))], null);
    }

    private static CredentialRequest ReadDetails(JsonElement entry)
    {
        if (Text(entry, "type") is not { } type || !Types.Contains(type, StringComparer.Ordinal))
            throw Wrong("the type of authorization_details is unknown");
        int? number = Member(entry, "numSignatures") switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out int count) && count >= 1 => count,
            _ => throw Wrong("Invalid value for parameter numSignatures"),
        };
        IEnumerable<JsonElement> digests = Member(entry, "documentDigests") switch
        {
            null => [],
            { ValueKind: JsonValueKind.Array } list => list.EnumerateArray(),
            _ => throw Wrong("documentDigests must be an array"),
        };
        return new(type, Text(entry, "credentialID"), Text(entry, "signatureQualifier"), number, Text(entry, "hashAlgorithmOID"), [.. digests.Select(ReadDigest)], null);
    }

    private static RequestedDigest ReadDigest(JsonElement digest)
    {
        if (digest.ValueKind != JsonValueKind.Object || Text(digest, "hash") is not { } text || DigestText.TryDecode(text) is not { } hash)
            throw Wrong("each of documentDigests needs a hash in Base64");
        string? label = Text(digest, "label"), type = Text(digest, "hashType")?.ToUpperInvariant();
        if (label is { Length: > MaxText } || label?.Any(char.IsControl) == true)
            throw Wrong("Invalid parameter label");
        return type is null or "DTBSR" or "SDR" ? new(hash, label, type) : throw Wrong("hashType must be DTBSR or SDR");
    }

    private CredentialRequest Checked(string error)
    {
        if (CredentialId is null && SignatureQualifier is null)
            throw FaultException.Invalid(error, "Missing (or invalid type) string parameter credentialID");
        if (CredentialId is { Length: > MaxText } || SignatureQualifier is { Length: > MaxText } || HashAlgorithm is { Length: > MaxText })
            throw FaultException.Invalid(error, "a parameter is too long");
        if (Digests.Count > MaxDigests || NumSignatures > MaxDigests)
            throw FaultException.Invalid(error, $"there may be at most {MaxDigests} digests");
        return Digests.Select(d => d.HashType ?? "DTBSR").Distinct().Count() <= 1 ? this : throw FaultException.Invalid(error, "all digests must be of one hashType");
    }

    private static FaultException Wrong(string description) => FaultException.Invalid("invalid_authorization_details", description);

    private static JsonElement? Member(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string? Text(JsonElement entry, string name) => Member(entry, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString() is { Length: > 0 } text ? text : null,
        _ => throw Wrong($"Missing (or invalid type) string parameter {name}"),
    };
}
