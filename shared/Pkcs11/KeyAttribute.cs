using System.Text;

namespace Pechat.Pkcs11;

/// <summary>One attribute of an object's template as a typed value (PKCS#11 v2.40 §4).</summary>
public readonly struct KeyAttribute : IEquatable<KeyAttribute>
{
    internal const nuint ClassType = 0x0, TokenType = 0x1, PrivateType = 0x2, LabelType = 0x3, ValueType = 0x11, KeyTypeType = 0x100, IdType = 0x102,
        SensitiveType = 0x103, WrapType = 0x106, UnwrapType = 0x107, SignType = 0x108, VerifyType = 0x10A, DeriveType = 0x10C, ModulusType = 0x120,
        ModulusBitsType = 0x121, PublicExponentType = 0x122, ValueLengthType = 0x161, ExtractableType = 0x162, EcParametersType = 0x180,
        EcPointType = 0x181;

    private KeyAttribute(nuint type, byte[] value) => (Type, Value) = (type, value);

    internal nuint Type { get; }

    internal byte[] Value { get; }

    /// <summary>CKA_CLASS.</summary>
    public static KeyAttribute Class(ObjectClass value) => Number(ClassType, (nuint)value);

    /// <summary>CKA_KEY_TYPE.</summary>
    public static KeyAttribute KeyType(KeyType value) => Number(KeyTypeType, (nuint)value);

    /// <summary>CKA_LABEL.</summary>
    public static KeyAttribute Label(string value) => new(LabelType, Encoding.UTF8.GetBytes(value));

    /// <summary>CKA_ID.</summary>
    public static KeyAttribute Id(ReadOnlySpan<byte> value) => new(IdType, value.ToArray());

    /// <summary>CKA_TOKEN: whether the object outlives the session.</summary>
    public static KeyAttribute Token(bool value) => Flag(TokenType, value);

    /// <summary>CKA_PRIVATE: whether it is seen only after log-in.</summary>
    public static KeyAttribute Private(bool value) => Flag(PrivateType, value);

    /// <summary>CKA_SENSITIVE.</summary>
    public static KeyAttribute Sensitive(bool value) => Flag(SensitiveType, value);

    /// <summary>CKA_EXTRACTABLE.</summary>
    public static KeyAttribute Extractable(bool value) => Flag(ExtractableType, value);

    /// <summary>CKA_SIGN.</summary>
    public static KeyAttribute Sign(bool value) => Flag(SignType, value);

    /// <summary>CKA_VERIFY.</summary>
    public static KeyAttribute Verify(bool value) => Flag(VerifyType, value);

    /// <summary>CKA_WRAP.</summary>
    public static KeyAttribute Wrap(bool value) => Flag(WrapType, value);

    /// <summary>CKA_UNWRAP.</summary>
    public static KeyAttribute Unwrap(bool value) => Flag(UnwrapType, value);

    /// <summary>CKA_DERIVE.</summary>
    public static KeyAttribute Derive(bool value) => Flag(DeriveType, value);

    internal static KeyAttribute ValueLength(int octets) => Number(ValueLengthType, (nuint)octets);

    internal static KeyAttribute ModulusBits(int bits) => Number(ModulusBitsType, (nuint)bits);

    internal static KeyAttribute PublicExponent(byte[] value) => new(PublicExponentType, value);

    internal static KeyAttribute EcParameters(byte[] der) => new(EcParametersType, der);

    private static KeyAttribute Flag(nuint type, bool value) => new(type, [value ? (byte)1 : (byte)0]);

    private static KeyAttribute Number(nuint type, nuint value) => new(type, BitConverter.GetBytes((ulong)value));

    /// <inheritdoc/>
    public bool Equals(KeyAttribute other) => Type == other.Type && Value.AsSpan().SequenceEqual(other.Value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyAttribute other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Type.GetHashCode();

    /// <summary>Compares type and value.</summary>
    public static bool operator ==(KeyAttribute left, KeyAttribute right) => left.Equals(right);

    /// <summary>Compares type and value.</summary>
    public static bool operator !=(KeyAttribute left, KeyAttribute right) => !left.Equals(right);
}
