using System.Runtime.InteropServices;

namespace Pechat.Pkcs11;

// The C structures of PKCS#11 v2.40 §3 in the layout of LP64 systems: CK_ULONG is a machine word, members are naturally aligned.

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkMechanism
{
    public nuint Type;
    public void* Parameter;
    public nuint ParameterLength;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkAttribute
{
    public nuint Type;
    public void* Value;
    public nuint ValueLength;
}

/// <summary>CK_RSA_PKCS_PSS_PARAMS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CkPssParameters
{
    public nuint Hash;
    public nuint MaskGeneration;
    public nuint SaltLength;
}

/// <summary>CK_ECDH1_DERIVE_PARAMS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkEcdhParameters
{
    public nuint KeyDerivation;
    public nuint SharedDataLength;
    public byte* SharedData;
    public nuint PublicDataLength;
    public byte* PublicData;
}

/// <summary>CK_C_INITIALIZE_ARGS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkInitializeArguments
{
    public void* CreateMutex;
    public void* DestroyMutex;
    public void* LockMutex;
    public void* UnlockMutex;
    public nuint Flags;
    public void* Reserved;
}

/// <summary>CK_TOKEN_INFO.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkTokenInfo
{
    public fixed byte Label[32];
    public fixed byte Manufacturer[32];
    public fixed byte Model[16];
    public fixed byte SerialNumber[16];
    public nuint Flags;
    public fixed long Counters[10]; // session counts, PIN lengths, memory sizes
    public fixed byte Versions[4];
    public fixed byte UtcTime[16];
}
