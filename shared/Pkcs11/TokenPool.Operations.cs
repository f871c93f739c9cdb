namespace Pechat.Pkcs11;

/// <remarks>The single operations, each on a session of its own; every one throws what <see cref="RunAsync"/> throws.</remarks>
public sealed partial class TokenPool
{
    /// <inheritdoc cref="TokenSession.FindKey"/>
    public ValueTask<TokenKey?> FindKeyAsync(string label, ObjectClass objectClass = ObjectClass.PrivateKey, CancellationToken ct = default) =>
        RunAsync((label, objectClass), static (session, s) => session.FindKey(s.label, s.objectClass), ct: ct);

    /// <inheritdoc cref="TokenSession.FindPublicKey"/>
    public ValueTask<byte[]?> FindPublicKeyAsync(string label, CancellationToken ct = default) =>
        RunAsync(label, static (session, label) => session.FindPublicKey(label), ct: ct);

    /// <summary>Generates a signing key pair under a label; the private key is sensitive and cannot be extracted.</summary>
    public ValueTask<TokenKeyPair> GenerateKeyPairAsync(KeyPairAlgorithm algorithm, string label, CancellationToken ct = default) =>
        RunAsync((algorithm, label), static (session, s) => session.GenerateKeyPair(s.algorithm, s.label, KeyAttribute.Sign(true),
            KeyAttribute.Sensitive(true), KeyAttribute.Extractable(false)), TokenPriority.Background, ct);

    /// <summary>Generates a 32-octet HMAC key under a label; it is sensitive and cannot be extracted.</summary>
    public ValueTask<TokenKey> GenerateHmacKeyAsync(string label, CancellationToken ct = default) =>
        RunAsync(label, static (session, label) => session.GenerateSecret(KeyType.GenericSecret, 32, label, KeyAttribute.Sign(true),
            KeyAttribute.Verify(true), KeyAttribute.Sensitive(true), KeyAttribute.Extractable(false)), TokenPriority.Background, ct);

    /// <inheritdoc cref="TokenSession.Sign(TokenKey, Mechanism, ReadOnlySpan{byte})"/>
    public ValueTask<byte[]> SignAsync(TokenKey key, Mechanism mechanism, ReadOnlyMemory<byte> data,
        TokenPriority priority = TokenPriority.Normal, CancellationToken ct = default) =>
        RunAsync((key, mechanism, data), static (session, s) => session.Sign(s.key, s.mechanism, s.data.Span), priority, ct);

    /// <summary>Signs many inputs with one key in one loan of a session; all or none are answered.</summary>
    public ValueTask<byte[][]> SignManyAsync(TokenKey key, Mechanism mechanism, IReadOnlyList<ReadOnlyMemory<byte>> inputs,
        TokenPriority priority = TokenPriority.Normal, CancellationToken ct = default) =>
        RunAsync((key, mechanism, inputs), static (session, s) =>
        {
            byte[][] signatures = new byte[s.inputs.Count][];
            for (int i = 0; i < signatures.Length; i++)
                signatures[i] = session.Sign(s.key, s.mechanism, s.inputs[i].Span);
            return signatures;
        }, priority, ct);

    /// <summary>HMAC-SHA-256 with a key of the token.</summary>
    /// <returns>32 octets.</returns>
    public ValueTask<byte[]> HmacAsync(TokenKey key, ReadOnlyMemory<byte> text, CancellationToken ct = default) =>
        SignAsync(key, Mechanism.HmacSha256, text, TokenPriority.Normal, ct);

    /// <inheritdoc cref="TokenSession.Wrap"/>
    public ValueTask<byte[]> WrapAsync(TokenKey wrappingKey, Mechanism mechanism, TokenKey key, CancellationToken ct = default) =>
        RunAsync((wrappingKey, mechanism, key), static (session, s) => session.Wrap(s.wrappingKey, s.mechanism, s.key), ct: ct);

    /// <inheritdoc cref="TokenSession.UnwrapPrivateKey"/>
    public ValueTask<TokenKey> UnwrapPrivateKeyAsync(
        TokenKey unwrappingKey, Mechanism mechanism, ReadOnlyMemory<byte> wrapped, KeyType type, CancellationToken ct = default) =>
        RunAsync((unwrappingKey, mechanism, wrapped, type),
            static (session, s) => session.UnwrapPrivateKey(s.unwrappingKey, s.mechanism, s.wrapped.Span, s.type), ct: ct);

    /// <inheritdoc cref="TokenSession.DeriveSharedSecret"/>
    public ValueTask<byte[]> DeriveSharedSecretAsync(
        TokenKey privateKey, ReadOnlyMemory<byte> peerPoint, int length, CancellationToken ct = default) =>
        RunAsync((privateKey, peerPoint, length),
            static (session, s) => session.DeriveSharedSecret(s.privateKey, s.peerPoint.Span, s.length), ct: ct);

    /// <inheritdoc cref="TokenSession.Random"/>
    public ValueTask<byte[]> RandomAsync(int length, CancellationToken ct = default) =>
        RunAsync(length, static (session, length) => session.Random(length), ct: ct);

    /// <inheritdoc cref="TokenSession.Destroy"/>
    public async ValueTask DestroyAsync(TokenKey key, CancellationToken ct = default) =>
        await RunAsync(key, static (session, key) =>
        {
            session.Destroy(key);
            return true;
        }, TokenPriority.Background, ct).ConfigureAwait(false);
}
