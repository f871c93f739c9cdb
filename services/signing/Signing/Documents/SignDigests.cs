using Google.Protobuf;
using Npgsql;
using Pechat.AdES;
using Pechat.AdES.Cades;
using Pechat.AdES.Pades;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.Pki;
using Pechat.Signing.Csc;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Documents;

/// <summary>
/// signDoc with <c>documentDigests</c>: PAdES CMS objects over byte ranges of files that the client prepared, and detached CAdES over files of any
/// size and kind that never leave the client.
/// </summary>
internal sealed class SignDigests(
    NpgsqlDataSource db, Sad sads, AccessTokens tokens, IActivationModule module, ITimestamper timestamper, RecordSignatures record, TimeProvider clock)
{
    internal async Task<IResult> HandleAsync(
        string credentialId, string? sad, IReadOnlyList<DocumentItem> items, Caller caller, OperationMode mode, CancellationToken ct)
    {
        Entitlement entitlement = await Entitlement.OfAsync(sad, caller, sads, tokens, ct);
        AuthorizedUse use = await AuthorizedUse.FindAsync(db, credentialId, entitlement, sads, caller, clock, ct);
        (RequestedAlgorithm algorithm, SignatureAlgorithm cms) = OneAlgorithm(items, use.Credential.Key);
        Certificate certificate = Certificate.Parse(use.Credential.Certificate);
        Certificate[] chain = [.. use.Credential.Chain.Select(der => Certificate.Parse(der))];
        var claims = new SignatureClaims { SigningTime = clock.GetUtcNow() };
        var prepared = new List<Prepared>();
        foreach (DocumentItem item in items)
        {
            prepared.AddRange(Digests.Decode(item.Hashes, algorithm.Hash, "hashes").Select(digest => item.Format == SignatureFormat.Cades
                ? Cades(CadesSigner.Prepare(digest, claims, certificate, chain, cms), item.Timestamped)
                : Pades(PadesCms.Attributes(digest, certificate), certificate, chain, cms, item.Timestamped)));
        }
        if (use.Transaction.Kind != SigningTransaction.Sdr)
            throw CscRequest.Invalid("documentDigests or documents are not authorized by the SAD");
        use.CheckStatus(clock.GetUtcNow());
        // A time stamp is wanted: the unit must answer before a slot is used up.
        if (prepared.Any(each => each.Timestamped))
            _ = await StampAsync(new byte[algorithm.Hash.Length], ct);
        SignReply reply = await use.SignAsync(module, CscVersion.V2, algorithm,
            prepared.Select(each => new SignItem { SignedAttributes = UnsafeByteOperations.UnsafeWrap(each.Attributes) }), prepared.Count, ct);
        var objects = new List<byte[]>(prepared.Count);
        foreach ((Prepared each, ByteString signature) in prepared.Zip(reply.Signatures))
        {
            ReadOnlyMemory<byte>? token = each.Timestamped ? await StampAsync(signature.ToByteArray(), CancellationToken.None) : default(ReadOnlyMemory<byte>?);
            objects.Add(each.Complete(signature.Memory, token));
        }
        return await SignHash.ReleaseAsync(use.Transaction, objects.Count, new SignatureResponse { Objects = objects }, mode, record, clock);
    }

    /// <summary>Signed attributes, which the activation module judges, and how the value completes them.</summary>
    private sealed record Prepared(ReadOnlyMemory<byte> Attributes, bool Timestamped, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?, byte[]> Complete);

    private static Prepared Cades(PendingSignature pending, bool timestamped) =>
        new(pending.ToBeSigned, timestamped, (signature, token) => CadesSigner.Complete(pending, signature, token));

    private static Prepared Pades(SignedAttributes attributes, Certificate certificate, Certificate[] chain, SignatureAlgorithm algorithm, bool timestamped) =>
        new(attributes.ToBeSigned, timestamped, (signature, token) => PadesCms.Build(attributes, signature, certificate, chain, algorithm, token));

    private Task<ReadOnlyMemory<byte>> StampAsync(byte[] signature, CancellationToken ct) =>
        StampHash.StampAsync(timestamper, DigestAlgorithm.Sha256, DigestAlgorithm.Sha256.Hash(signature), StampHash.NewNonce(), ct);

    /// <summary>One request is one call of the activation module, hence one algorithm.</summary>
    internal static (RequestedAlgorithm Requested, SignatureAlgorithm Cms) OneAlgorithm(
        IReadOnlyList<DocumentItem> items, Credentials.KeyAlgorithm key, string? defaultHash = null)
    {
        RequestedAlgorithm[] all = [.. items.Select(item => RequestedAlgorithm.Resolve(item.SignAlgo, item.SignAlgoParams,
            item.HashOid ?? (RequestedAlgorithm.ImpliesHash(item.SignAlgo, item.SignAlgoParams) ? null : defaultHash), key,
            hashContradicts: "String parameter hashAlgorithmOID contradicts with signAlgo parameter"))];
        if (all.Any(each => each.Oid != all[0].Oid || each.Hash != all[0].Hash || !each.Parameters.Span.SequenceEqual(all[0].Parameters.Span)))
            throw CscRequest.InvalidParameter("signAlgo");
        return (all[0], all[0].ForCms() ?? throw CscRequest.InvalidParameter("signAlgoParams"));
    }
}
