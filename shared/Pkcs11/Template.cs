using System.Runtime.InteropServices;

namespace Pechat.Pkcs11;

/// <summary>A list of attributes in unmanaged memory, as C functions want it.</summary>
internal unsafe ref struct Template
{
    public Template(List<KeyAttribute> attributes)
    {
        int header = attributes.Count * sizeof(CkAttribute);
        byte* memory = (byte*)NativeMemory.Alloc((nuint)(header + attributes.Sum(attribute => attribute.Value.Length)));
        Pointer = (CkAttribute*)memory;
        Count = (nuint)attributes.Count;
        byte* value = memory + header;
        for (int i = 0; i < attributes.Count; i++)
        {
            byte[] source = attributes[i].Value;
            source.CopyTo(new Span<byte>(value, source.Length));
            Pointer[i] = new CkAttribute { Type = attributes[i].Type, Value = value, ValueLength = (nuint)source.Length };
            value += source.Length;
        }
    }

    public CkAttribute* Pointer { get; private set; }

    public nuint Count { get; }

    public void Dispose()
    {
        NativeMemory.Free(Pointer);
        Pointer = null;
    }
}
