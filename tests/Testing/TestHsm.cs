using System.Runtime.InteropServices;
using NUnit.Framework;
using Pechat.Pkcs11;

namespace Pechat.Testing;

/// <summary>
/// A SoftHSM token of its own. Its directory and configuration file serve the whole test process, because the library reads
/// SOFTHSM2_CONF once, when it is initialised; every instance is a further token in it.
/// </summary>
public sealed class TestHsm
{
    private static readonly Lazy<string> Directory = new(MakeDirectory);

    private TestHsm(string label) => TokenLabel = label;

    /// <summary>PKCS#11 library.</summary>
    public static string LibraryPath { get; } =
        Environment.GetEnvironmentVariable("PECHAT_TEST_PKCS11") ?? "/usr/lib/softhsm/libsofthsm2.so";

    /// <summary>Label of this token.</summary>
    public string TokenLabel { get; }

    /// <summary>User PIN of this token.</summary>
    public string Pin { get; } = "73519462";

    /// <summary>What SOFTHSM2_CONF must name in a process that is to see the token.</summary>
    public static string ConfigFile => Path.Combine(Directory.Value, "softhsm2.conf");

    private static string Tokens => Path.Combine(Directory.Value, "tokens");

    /// <summary>Makes a token; without SoftHSM the test is skipped on a laptop and fails in CI.</summary>
    public static TestHsm Create()
    {
        if (!File.Exists(LibraryPath))
        {
            if (Environment.GetEnvironmentVariable("CI") is not null)
                Assert.Fail($"{LibraryPath} is missing: install softhsm2");
            Assert.Ignore($"{LibraryPath} is missing: install softhsm2");
        }
        _ = ConfigFile;
        var hsm = new TestHsm("test-" + Guid.NewGuid().ToString("N")[..20]);
        Pkcs11Module.Load(LibraryPath).InitializeToken(hsm.TokenLabel, "47110815", hsm.Pin);
        return hsm;
    }

    /// <summary>A pool of sessions on this token.</summary>
    public TokenPool OpenPool(int sessions = 4) => Pkcs11Module.Load(LibraryPath).OpenPool(
        new TokenPoolOptions(TokenLabel, Pin) { Sessions = sessions, HealingPause = TimeSpan.Zero });

    /// <summary>Restarts the library under its users, as a token that lost power: all sessions, log-ins and session keys are gone. No call may be under way.</summary>
    public static void Restart()
    {
        Finalise();
        // CK_C_INITIALIZE_ARGS: four pointers, then CKF_OS_LOCKING_OK; without it the library is not safe for threads.
        nint arguments = Marshal.AllocHGlobal(48);
        Marshal.Copy(new long[] { 0, 0, 0, 0, 2, 0 }, 0, arguments, 6);
        nuint result = Export<Call>(LibraryPath, "C_Initialize")(arguments);
        Marshal.FreeHGlobal(arguments);
        Check(result);
    }

    /// <summary>Takes all tokens away until <see cref="Return"/>. No call may be under way.</summary>
    public static void Remove()
    {
        Finalise();
        System.IO.Directory.Move(Tokens, Tokens + ".away");
        System.IO.Directory.CreateDirectory(Tokens);
    }

    /// <summary>Brings the tokens back.</summary>
    public static void Return()
    {
        System.IO.Directory.Delete(Tokens, recursive: true);
        System.IO.Directory.Move(Tokens + ".away", Tokens);
    }

    private static void Finalise() => Check(Export<Call>(LibraryPath, "C_Finalize")(0));

    private static void Check(nuint result) => Assert.That((ReturnValue)result, Is.EqualTo(ReturnValue.Ok));

    private static T Export<T>(string library, string name) where T : Delegate =>
        Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(NativeLibrary.Load(library), name));

    private static string MakeDirectory()
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("pechat-hsm-").FullName;
        string tokens = System.IO.Directory.CreateDirectory(Path.Combine(directory, "tokens")).FullName;
        string config = Path.Combine(directory, "softhsm2.conf");
        File.WriteAllText(config, $"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n");
        // The library reads the environment of the C runtime, of which .NET keeps a copy of its own for child processes: set both.
        Environment.SetEnvironmentVariable("SOFTHSM2_CONF", config);
        if (Export<SetEnvironmentCall>("libc.so.6", "setenv")("SOFTHSM2_CONF", config, 1) != 0)
            throw new InvalidOperationException("setenv failed");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => System.IO.Directory.Delete(directory, recursive: true);
        return directory;
    }

    private delegate nuint Call(nint argument);

    private delegate int SetEnvironmentCall(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}
