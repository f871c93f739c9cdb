using Pechat.Pki;
using Pechat.Signing.Credentials;

namespace Pechat.Signing.Csc;

/// <summary>What a request wants signed with: signAlgo, its parameters and the hash, made consistent (§8.2, §10.1 step 6).</summary>
/// <param name="Oid">Dotted OID, combined with the hash except for RSASSA-PSS.</param>
/// <param name="Hash">The digest algorithm.</param>
/// <param name="Parameters">DER of RSASSA-PSS-params; empty otherwise.</param>
/// <param name="IsPlain">The value is r‖s rather than DER (BSI TR-03111 §5.2.1).</param>
internal sealed record RequestedAlgorithm(string Oid, DigestAlgorithm Hash, ReadOnlyMemory<byte> Parameters, bool IsPlain = false)
{
    private const string PlainEcdsaSha256 = "0.4.0.127.0.7.1.1.4.1.3", EcdsaSha256 = "1.2.840.10045.4.3.2";

    internal const string Rsa = "1.2.840.113549.1.1.1", RsaPss = "1.2.840.113549.1.1.10", Ec = "1.2.840.10045.2.1";

    /// <summary>Combined OIDs and the hash that they imply.</summary>
    private static readonly Dictionary<string, (string Key, DigestAlgorithm Hash)> Combined = new()
    {
        ["1.2.840.113549.1.1.11"] = (Rsa, DigestAlgorithm.Sha256),
        ["1.2.840.113549.1.1.12"] = (Rsa, DigestAlgorithm.Sha384),
        ["1.2.840.113549.1.1.13"] = (Rsa, DigestAlgorithm.Sha512),
        [EcdsaSha256] = (Ec, DigestAlgorithm.Sha256),
        ["1.2.840.10045.4.3.3"] = (Ec, DigestAlgorithm.Sha384),
        ["1.2.840.10045.4.3.4"] = (Ec, DigestAlgorithm.Sha512),
        [PlainEcdsaSha256] = (Ec, DigestAlgorithm.Sha256),
    };

    /// <summary>All that <c>info</c> announces, combined first.</summary>
    internal static IEnumerable<string> All => [.. Combined.Keys, Rsa, Ec, RsaPss];

    /// <summary>Base64 DER of usual parameters, or "" for none (D-6: clients decode an array of strings).</summary>
    internal static string ParametersOf(string oid) =>
        oid == RsaPss ? Convert.ToBase64String(new RsaPssParameters(DigestAlgorithm.Sha256, DigestAlgorithm.Sha256.Length).Encode()) : "";

    internal static bool ImpliesHash(string signAlgo, string? signAlgoParams) => Combined.ContainsKey(signAlgo) || signAlgoParams is not null;

    /// <summary>Resolves the members of a request against the key.</summary>
    /// <param name="signAlgo">Dotted OID out of <c>key.algo</c>.</param>
    /// <param name="signAlgoParams">Base64 DER; only RSASSA-PSS has parameters.</param>
    /// <param name="hashOid">Dotted OID, or null.</param>
    /// <param name="key">The key that signs.</param>
    /// <param name="hashName">What the version calls the member with the hash.</param>
    /// <param name="hashContradicts">What to say when the hash contradicts signAlgo; as for an invalid one if null.</param>
    internal static RequestedAlgorithm Resolve(string signAlgo, string? signAlgoParams, string? hashOid, KeyAlgorithm key,
        string hashName = "hashAlgorithmOID", string? hashContradicts = null)
    {
        hashContradicts ??= $"Invalid parameter {hashName}";
        if (!key.SignAlgorithms.Contains(signAlgo))
            throw CscRequest.InvalidParameter("signAlgo");
        DigestAlgorithm? asked = hashOid is null ? null : DigestAlgorithm.Find(hashOid) ?? throw CscRequest.InvalidParameter(hashName);
        if (signAlgo == RsaPss)
            return ResolvePss(signAlgoParams, asked, key, hashContradicts);
        if (Combined.TryGetValue(signAlgo, out var implied))
            return asked is null || asked == implied.Hash
                ? signAlgo == PlainEcdsaSha256 ? new RequestedAlgorithm(EcdsaSha256, implied.Hash, default, IsPlain: true) : new RequestedAlgorithm(signAlgo, implied.Hash, default)
                : throw CscRequest.Invalid(hashContradicts);
        DigestAlgorithm hash = asked ?? throw CscRequest.MissingString(hashName);
        return new RequestedAlgorithm(Combined.First(pair => pair.Value == (signAlgo, hash)).Key, hash, default);
    }

    private static RequestedAlgorithm ResolvePss(string? signAlgoParams, DigestAlgorithm? asked, KeyAlgorithm key, string hashContradicts)
    {
        if (signAlgoParams is null)
        {
            DigestAlgorithm hash = asked ?? throw CscRequest.MissingString("signAlgoParams");
            return new RequestedAlgorithm(RsaPss, hash, new RsaPssParameters(hash, hash.Length).Encode());
        }
        RsaPssParameters parameters = (Digests.DecodeOne(signAlgoParams) is { } der ? RsaPssParameters.TryParse(der) : null)
            ?? throw CscRequest.InvalidParameter("signAlgoParams");
        if (parameters.SaltLength > key.Length / 8 - parameters.Hash.Length - 2) // RFC 8017 §9.1.1 step 3
            throw CscRequest.InvalidParameter("signAlgoParams");
        if (asked is not null && asked != parameters.Hash)
            throw CscRequest.Invalid(hashContradicts);
        return new RequestedAlgorithm(RsaPss, parameters.Hash, parameters.Encode());
    }

    /// <summary>The same as a row of the CMS table; null for what CMS signatures of this house do not use: other salts, plain ECDSA.</summary>
    internal SignatureAlgorithm? ForCms() => IsPlain ? null : SignatureAlgorithm.FindForCms(new AlgorithmIdentifier(Oid, Parameters), Hash);
}
