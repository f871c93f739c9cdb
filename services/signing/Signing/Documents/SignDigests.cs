using Google.Protobuf;
using Npgsql;
using Pechat.AdES.Pades;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.Pki;
using Pechat.Signing.Csc;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Documents;

/// <summary>signDoc with <c>documentDigests</c>: PAdES CMS objects over byte ranges of files that the client prepared.</summary>
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
        var attributes = new List<(SignedAttributes Attributes, bool Timestamped)>();
        foreach (DocumentItem item in items)
            attributes.AddRange(Digests.Decode(item.Hashes, algorithm.Hash, "hashes").Select(digest => (PadesCms.Attributes(digest, certificate), item.Timestamped)));
        if (use.Transaction.Kind != SigningTransaction.Sdr)
            throw CscRequest.Invalid("documentDigests or documents are not authorized by the SAD");
        use.CheckStatus(clock.GetUtcNow());
        // A time stamp is wanted: the unit must answer before a slot is used up.
        if (attributes.Any(each => each.Timestamped))
            _ = await StampAsync(new byte[algorithm.Hash.Length], ct);
        SignReply reply = await use.SignAsync(module, CscVersion.V2, algorithm,
            attributes.Select(each => new SignItem { SignedAttributes = UnsafeByteOperations.UnsafeWrap(each.Attributes.ToBeSigned) }), attributes.Count, ct);
        var objects = new List<byte[]>(attributes.Count);
        foreach (((SignedAttributes signed, bool timestamped), ByteString signature) in attributes.Zip(reply.Signatures))
        {
            ReadOnlyMemory<byte>? token = timestamped ? await StampAsync(signature.ToByteArray(), CancellationToken.None) : default(ReadOnlyMemory<byte>?);
            objects.Add(PadesCms.Build(signed, signature.Memory, certificate, chain, cms, token));
        }
        return await SignHash.ReleaseAsync(use.Transaction, objects.Count, new SignatureResponse { Objects = objects }, mode, record, clock);
    }

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
