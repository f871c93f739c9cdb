namespace Pechat.Pkcs11;

/// <summary>CKO_*: what an object is.</summary>
public enum ObjectClass
{
    /// <summary>CKO_PUBLIC_KEY.</summary>
    PublicKey = 2,

    /// <summary>CKO_PRIVATE_KEY.</summary>
    PrivateKey = 3,

    /// <summary>CKO_SECRET_KEY.</summary>
    SecretKey = 4,
}

/// <summary>CKK_*: of what algorithm a key is.</summary>
public enum KeyType
{
    /// <summary>CKK_RSA.</summary>
    Rsa = 0,

    /// <summary>CKK_EC.</summary>
    Ec = 3,

    /// <summary>CKK_GENERIC_SECRET.</summary>
    GenericSecret = 0x10,

    /// <summary>CKK_AES.</summary>
    Aes = 0x1F,
}

/// <summary>What <see cref="TokenPool.GenerateKeyPairAsync"/> makes.</summary>
public enum KeyPairAlgorithm
{
    /// <summary>ECDSA or ECDH on P-256.</summary>
    P256,

    /// <summary>ECDSA or ECDH on P-384.</summary>
    P384,

    /// <summary>RSA with 2048 bits and e = 65537.</summary>
    Rsa2048,

    /// <summary>RSA with 3072 bits and e = 65537.</summary>
    Rsa3072,

    /// <summary>RSA with 4096 bits and e = 65537.</summary>
    Rsa4096,
}

/// <summary>
/// A key in the token. A labelled key is found again by its label after the token restarted; a key without a label lives in the sessions
/// of one pool and is lost with them, upon which its use throws with <see cref="Pkcs11Exception.IsKeyLoss"/>. Safe for many threads.
/// </summary>
public sealed class TokenKey
{
    private volatile Location _location;

    internal TokenKey(ObjectClass objectClass, KeyType type, string? label, nuint handle, int generation)
    {
        Class = objectClass;
        Type = type;
        Label = label;
        _location = new(handle, generation);
    }

    /// <summary>What kind of object it is.</summary>
    public ObjectClass Class { get; }

    /// <summary>Of what algorithm the key is.</summary>
    public KeyType Type { get; }

    /// <summary>Label of the token object; null for a key that lives only in the pool's sessions.</summary>
    public string? Label { get; }

    internal Location Current => _location;

    internal void MoveTo(nuint handle, int generation) => _location = new(handle, generation);

    /// <summary>Handle, and the generation of sessions in which it means something; swapped as one.</summary>
    internal sealed record Location(nuint Handle, int Generation);
}

/// <summary>A new key pair.</summary>
/// <param name="PrivateKey">The private key.</param>
/// <param name="PublicKeyInfo">SubjectPublicKeyInfo DER (RFC 5280 §4.1.2.7).</param>
public sealed record TokenKeyPair(TokenKey PrivateKey, byte[] PublicKeyInfo);
