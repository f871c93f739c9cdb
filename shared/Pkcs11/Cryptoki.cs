using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pechat.Pkcs11;

/// <summary>The function table of a PKCS#11 library (CK_FUNCTION_LIST, PKCS#11 v2.40 §3.7): only the functions that we use.</summary>
internal unsafe struct Cryptoki
{
    public delegate* unmanaged[Cdecl]<CkInitializeArguments*, nuint> Initialize;
    public delegate* unmanaged[Cdecl]<void*, nuint> Finalize;
    public delegate* unmanaged[Cdecl]<byte, nuint*, nuint*, nuint> GetSlotList;
    public delegate* unmanaged[Cdecl]<nuint, CkTokenInfo*, nuint> GetTokenInfo;
    public delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint> InitToken;
    public delegate* unmanaged[Cdecl]<nuint, byte*, nuint, nuint> InitPin;
    public delegate* unmanaged[Cdecl]<nuint, nuint, void*, void*, nuint*, nuint> OpenSession;
    public delegate* unmanaged[Cdecl]<nuint, nuint> CloseSession;
    public delegate* unmanaged[Cdecl]<nuint, nuint> CloseAllSessions;
    public delegate* unmanaged[Cdecl]<nuint, nuint, byte*, nuint, nuint> Login;
    public delegate* unmanaged[Cdecl]<nuint, nuint> Logout;
    public delegate* unmanaged[Cdecl]<nuint, nuint, nuint> DestroyObject;
    public delegate* unmanaged[Cdecl]<nuint, nuint, CkAttribute*, nuint, nuint> GetAttributeValue;
    public delegate* unmanaged[Cdecl]<nuint, CkAttribute*, nuint, nuint> FindObjectsInit;
    public delegate* unmanaged[Cdecl]<nuint, nuint*, nuint, nuint*, nuint> FindObjects;
    public delegate* unmanaged[Cdecl]<nuint, nuint> FindObjectsFinal;
    public delegate* unmanaged[Cdecl]<nuint, CkMechanism*, nuint, nuint> SignInit;
    public delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint*, nuint> Sign;
    public delegate* unmanaged[Cdecl]<nuint, CkMechanism*, CkAttribute*, nuint, nuint*, nuint> GenerateKey;
    public delegate* unmanaged[Cdecl]<nuint, CkMechanism*, CkAttribute*, nuint, CkAttribute*, nuint, nuint*, nuint*, nuint> GenerateKeyPair;
    public delegate* unmanaged[Cdecl]<nuint, CkMechanism*, nuint, nuint, byte*, nuint*, nuint> WrapKey;
    public delegate* unmanaged[Cdecl]<nuint, CkMechanism*, nuint, byte*, nuint, CkAttribute*, nuint, nuint*, nuint> UnwrapKey;
    public delegate* unmanaged[Cdecl]<nuint, CkMechanism*, nuint, CkAttribute*, nuint, nuint*, nuint> DeriveKey;
    public delegate* unmanaged[Cdecl]<nuint, byte*, nuint, nuint> GenerateRandom;

    /// <summary>Loads a library and reads its function table.</summary>
    /// <exception cref="DllNotFoundException">The library cannot be loaded.</exception>
    /// <exception cref="EntryPointNotFoundException">It is not a PKCS#11 library.</exception>
    public static Cryptoki Load(string path)
    {
        nint library = NativeLibrary.Load(path);
        var getFunctionList = (delegate* unmanaged[Cdecl]<void**, nuint>)NativeLibrary.GetExport(library, "C_GetFunctionList");
        void* list;
        Check("C_GetFunctionList", getFunctionList(&list));
        void** table = (void**)list + 1; // CK_VERSION and its padding take the first word
        return new Cryptoki
        {
            Initialize = (delegate* unmanaged[Cdecl]<CkInitializeArguments*, nuint>)table[0],
            Finalize = (delegate* unmanaged[Cdecl]<void*, nuint>)table[1],
            GetSlotList = (delegate* unmanaged[Cdecl]<byte, nuint*, nuint*, nuint>)table[4],
            GetTokenInfo = (delegate* unmanaged[Cdecl]<nuint, CkTokenInfo*, nuint>)table[6],
            InitToken = (delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint>)table[9],
            InitPin = (delegate* unmanaged[Cdecl]<nuint, byte*, nuint, nuint>)table[10],
            OpenSession = (delegate* unmanaged[Cdecl]<nuint, nuint, void*, void*, nuint*, nuint>)table[12],
            CloseSession = (delegate* unmanaged[Cdecl]<nuint, nuint>)table[13],
            CloseAllSessions = (delegate* unmanaged[Cdecl]<nuint, nuint>)table[14],
            Login = (delegate* unmanaged[Cdecl]<nuint, nuint, byte*, nuint, nuint>)table[18],
            Logout = (delegate* unmanaged[Cdecl]<nuint, nuint>)table[19],
            DestroyObject = (delegate* unmanaged[Cdecl]<nuint, nuint, nuint>)table[22],
            GetAttributeValue = (delegate* unmanaged[Cdecl]<nuint, nuint, CkAttribute*, nuint, nuint>)table[24],
            FindObjectsInit = (delegate* unmanaged[Cdecl]<nuint, CkAttribute*, nuint, nuint>)table[26],
            FindObjects = (delegate* unmanaged[Cdecl]<nuint, nuint*, nuint, nuint*, nuint>)table[27],
            FindObjectsFinal = (delegate* unmanaged[Cdecl]<nuint, nuint>)table[28],
            SignInit = (delegate* unmanaged[Cdecl]<nuint, CkMechanism*, nuint, nuint>)table[42],
            Sign = (delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint*, nuint>)table[43],
            GenerateKey = (delegate* unmanaged[Cdecl]<nuint, CkMechanism*, CkAttribute*, nuint, nuint*, nuint>)table[58],
            GenerateKeyPair =
                (delegate* unmanaged[Cdecl]<nuint, CkMechanism*, CkAttribute*, nuint, CkAttribute*, nuint, nuint*, nuint*, nuint>)table[59],
            WrapKey = (delegate* unmanaged[Cdecl]<nuint, CkMechanism*, nuint, nuint, byte*, nuint*, nuint>)table[60],
            UnwrapKey = (delegate* unmanaged[Cdecl]<nuint, CkMechanism*, nuint, byte*, nuint, CkAttribute*, nuint, nuint*, nuint>)table[61],
            DeriveKey = (delegate* unmanaged[Cdecl]<nuint, CkMechanism*, nuint, CkAttribute*, nuint, nuint*, nuint>)table[62],
            GenerateRandom = (delegate* unmanaged[Cdecl]<nuint, byte*, nuint, nuint>)table[64],
        };
    }

    /// <summary>Throws unless the function answered CKR_OK.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Check(string function, nuint result)
    {
        if (result != 0)
            throw new Pkcs11Exception(function, (ReturnValue)result);
    }
}
