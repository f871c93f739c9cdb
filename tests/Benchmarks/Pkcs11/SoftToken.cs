using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Pechat.Pkcs11;

namespace Pechat.Benchmarks.Pkcs11;

/// <summary>A SoftHSM token in a directory of its own, removed at the end.</summary>
internal sealed unsafe class SoftToken : IDisposable
{
    public const string Library = "/usr/lib/softhsm/libsofthsm2.so", Label = "benchmark", Pin = "73519462";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pechat-benchmark-");

    public SoftToken()
    {
        string tokens = _directory.CreateSubdirectory("tokens").FullName, config = Path.Combine(_directory.FullName, "softhsm2.conf");
        File.WriteAllText(config, $"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n");
        Use(config);
        Pkcs11Module.Load(Library).InitializeToken(Label, "47110815", Pin);
    }

    /// <summary>Lets the library read this configuration when it is loaded.</summary>
    public static void Use(string config)
    {
        // The library reads the environment of the C runtime, which Environment.SetEnvironmentVariable does not touch.
        var setEnvironment = (delegate* unmanaged[Cdecl]<byte*, byte*, int, int>)NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "setenv");
        byte* name = Utf8StringMarshaller.ConvertToUnmanaged("SOFTHSM2_CONF"), value = Utf8StringMarshaller.ConvertToUnmanaged(config);
        if (setEnvironment(name, value, 1) != 0)
            throw new InvalidOperationException("setenv failed");
        Utf8StringMarshaller.Free(name);
        Utf8StringMarshaller.Free(value);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
