namespace Pechat.Pkcs11;

public sealed unsafe partial class TokenSession
{
    /// <summary>Finds a token object by label.</summary>
    /// <returns>The key, or null when the token has none of that label and class.</returns>
    /// <exception cref="InvalidOperationException">The token has several.</exception>
    public TokenKey? FindKey(string label, ObjectClass objectClass = ObjectClass.PrivateKey)
    {
        if (FindHandle(label, objectClass) is not { } handle)
            return null;
        byte[] type = ReadAttribute(handle, KeyAttribute.KeyTypeType);
        return new TokenKey(objectClass, (KeyType)BitConverter.ToUInt64(type), label, handle, _pool.Generation);
    }

    /// <summary>Public key of a labelled pair.</summary>
    /// <returns>SubjectPublicKeyInfo DER, or null when the token has no public key of that label.</returns>
    public byte[]? FindPublicKey(string label) => FindHandle(label, ObjectClass.PublicKey) is { } handle ? ReadPublicKey(handle) : null;

    private nuint? FindHandle(string label, ObjectClass objectClass)
    {
        const int Two = 2; // the second would make the label ambiguous
        nuint* handles = stackalloc nuint[Two];
        nuint count;
        using var template = new Template([KeyAttribute.Class(objectClass), KeyAttribute.Token(true), KeyAttribute.Label(label)]);
        Cryptoki.Check("C_FindObjectsInit", _module.Functions.FindObjectsInit(Handle, template.Pointer, template.Count));
        nuint result = _module.Functions.FindObjects(Handle, handles, Two, &count);
        nuint final = _module.Functions.FindObjectsFinal(Handle);
        Cryptoki.Check("C_FindObjects", result);
        Cryptoki.Check("C_FindObjectsFinal", final);
        return count switch
        {
            0 => null,
            1 => handles[0],
            _ => throw new InvalidOperationException($"the token has several objects of class {objectClass} labelled {label}"),
        };
    }

    private byte[] ReadPublicKey(nuint handle)
    {
        var type = (KeyType)BitConverter.ToUInt64(ReadAttribute(handle, KeyAttribute.KeyTypeType));
        return type == KeyType.Ec
            ? PublicKeyInfo.FromEc(ReadAttribute(handle, KeyAttribute.EcParametersType), ReadAttribute(handle, KeyAttribute.EcPointType))
            : PublicKeyInfo.FromRsa(ReadAttribute(handle, KeyAttribute.ModulusType), ReadAttribute(handle, KeyAttribute.PublicExponentType));
    }

    private byte[] ReadAttribute(nuint handle, nuint type)
    {
        CkAttribute attribute = new() { Type = type };
        Cryptoki.Check("C_GetAttributeValue", _module.Functions.GetAttributeValue(Handle, handle, &attribute, 1));
        byte[] value = new byte[(int)attribute.ValueLength];
        fixed (byte* pointer = value)
        {
            attribute.Value = pointer;
            Cryptoki.Check("C_GetAttributeValue", _module.Functions.GetAttributeValue(Handle, handle, &attribute, 1));
        }
        return value;
    }
}
