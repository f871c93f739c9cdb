using System.Collections.Concurrent;
using System.Text;

namespace Pechat.Pkcs11;

/// <summary>
/// A loaded PKCS#11 library. A process initialises a library once, so there is one module per path, and every pool opened from it
/// shares its fate. Safe for many threads.
/// </summary>
public sealed unsafe class Pkcs11Module
{
    private const nuint OsLockingOk = 2; // CKF_OS_LOCKING_OK
    private const nuint TokenInitialised = 0x400; // CKF_TOKEN_INITIALIZED

    private static readonly ConcurrentDictionary<string, Lazy<Pkcs11Module>> Modules = new(StringComparer.Ordinal);

    internal Pkcs11Module(Cryptoki functions)
    {
        Functions = functions;
        Initialize();
    }

    internal Cryptoki Functions { get; }

    /// <summary>Held for reading during every call; for writing while the library is initialised again, when no call may be under way.</summary>
    internal ReaderWriterLockSlim Gate { get; } = new(LockRecursionPolicy.NoRecursion);

    /// <summary>How often the library was initialised; handles of an earlier generation are void.</summary>
    internal int Generation { get; private set; }

    /// <summary>Loads and initialises a library, or answers the module that this process already has.</summary>
    /// <param name="path">Full path of the shared object.</param>
    /// <exception cref="DllNotFoundException">It cannot be loaded.</exception>
    /// <exception cref="Pkcs11Exception">It cannot be initialised.</exception>
    public static Pkcs11Module Load(string path) =>
        Modules.GetOrAdd(path, static p => new(() => new Pkcs11Module(Cryptoki.Load(p)), LazyThreadSafetyMode.PublicationOnly)).Value;

    /// <summary>Opens a pool of logged-in sessions on a token.</summary>
    /// <exception cref="Pkcs11Exception">There is no such token, or the log-in failed.</exception>
    public TokenPool OpenPool(TokenPoolOptions options) => new(this, options, TimeProvider.System);

    /// <summary>Labels of the initialised tokens that are present.</summary>
    public IReadOnlyList<string> TokenLabels()
    {
        Gate.EnterReadLock();
        try
        {
            return [.. Slots().Select(Describe).Where(token => token.Initialised).Select(token => token.Label)];
        }
        finally
        {
            Gate.ExitReadLock();
        }
    }

    /// <summary>Initialises the first blank token (C_InitToken) and sets its user PIN. For development and tests: ceremonies use the vendor's tool.</summary>
    /// <exception cref="Pkcs11Exception">There is no blank token, or it refused.</exception>
    public void InitializeToken(string label, string officerPin, string userPin)
    {
        byte[] paddedLabel = new byte[32];
        Array.Fill(paddedLabel, (byte)' ');
        Encoding.UTF8.GetBytes(label, paddedLabel);
        byte[] officer = Encoding.UTF8.GetBytes(officerPin), user = Encoding.UTF8.GetBytes(userPin);
        Gate.EnterWriteLock();
        try
        {
            nuint slot = FindSlot(token => !token.Initialised, "no blank token");
            fixed (byte* labelPointer = paddedLabel, officerPointer = officer, userPointer = user)
            {
                Cryptoki.Check("C_InitToken", Functions.InitToken(slot, officerPointer, (nuint)officer.Length, labelPointer));
                nuint session = OpenSession(slot);
                Cryptoki.Check("C_Login", Functions.Login(session, 0, officerPointer, (nuint)officer.Length));
                Cryptoki.Check("C_InitPIN", Functions.InitPin(session, userPointer, (nuint)user.Length));
                Cryptoki.Check("C_CloseSession", Functions.CloseSession(session));
            }
        }
        finally
        {
            Gate.ExitWriteLock();
        }
    }

    /// <summary>Initialises the library again; the caller holds <see cref="Gate"/> for writing.</summary>
    internal void Reinitialize()
    {
        _ = Functions.Finalize(null); // refuses when the library lost its own state already, which is what we want
        Initialize();
    }

    internal nuint FindSlot(string label) => FindSlot(token => token.Initialised && token.Label == label, $"no token is labelled {label}");

    internal nuint OpenSession(nuint slot)
    {
        nuint session;
        const nuint SerialReadWrite = 4 | 2; // CKF_SERIAL_SESSION, CKF_RW_SESSION
        Cryptoki.Check("C_OpenSession", Functions.OpenSession(slot, SerialReadWrite, null, null, &session));
        return session;
    }

    private void Initialize()
    {
        CkInitializeArguments arguments = new() { Flags = OsLockingOk };
        nuint result = Functions.Initialize(&arguments);
        if ((ReturnValue)result != ReturnValue.CryptokiAlreadyInitialized)
            Cryptoki.Check("C_Initialize", result);
        Generation++;
    }

    private nuint FindSlot(Func<(bool Initialised, string Label), bool> wanted, string otherwise)
    {
        foreach (nuint slot in Slots())
        {
            if (wanted(Describe(slot)))
                return slot;
        }
        throw new Pkcs11Exception("C_GetSlotList", ReturnValue.TokenNotPresent, otherwise);
    }

    private nuint[] Slots()
    {
        nuint count;
        Cryptoki.Check("C_GetSlotList", Functions.GetSlotList(1, null, &count));
        nuint[] slots = new nuint[count];
        fixed (nuint* pointer = slots)
            Cryptoki.Check("C_GetSlotList", Functions.GetSlotList(1, pointer, &count));
        return slots[..(int)count];
    }

    private (bool Initialised, string Label) Describe(nuint slot)
    {
        CkTokenInfo info;
        Cryptoki.Check("C_GetTokenInfo", Functions.GetTokenInfo(slot, &info));
        return ((info.Flags & TokenInitialised) != 0, Encoding.UTF8.GetString(info.Label, 32).TrimEnd(' ', '\0'));
    }
}
