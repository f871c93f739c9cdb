using System.Security.Cryptography;

namespace Pechat.DevHost.Servers;

/// <summary>P-256 keys that services read from files, made once under <c>.run/secrets</c>.</summary>
internal static class SigningKey
{
    /// <summary>PEM file with the private key of this name.</summary>
    public static string File(Layout layout, string name)
    {
        string file = Secret.File(layout, $"{name}.pem");
        if (!System.IO.File.Exists(file))
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
            using var writer = new StreamWriter(file, options);
            writer.Write(key.ExportPkcs8PrivateKeyPem() + "\n");
        }
        return file;
    }

    /// <summary>PEM file with the public key that belongs to it.</summary>
    public static string PublicFile(Layout layout, string name)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(System.IO.File.ReadAllText(File(layout, name)));
        string file = Secret.File(layout, $"{name}.public.pem");
        System.IO.File.WriteAllText(file, key.ExportSubjectPublicKeyInfoPem() + "\n");
        return file;
    }
}
