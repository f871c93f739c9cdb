using System.Security.Cryptography;

namespace Pechat.DevHost.Servers;

/// <summary>Password files under <c>.run/secrets</c>, made once.</summary>
internal static class Secret
{
    public static string File(Layout layout, string name) => Path.Combine(layout.Secrets, name);

    /// <summary>The secret of this name, made at the first call.</summary>
    public static string Get(Layout layout, string name)
    {
        string file = File(layout, name);
        if (!System.IO.File.Exists(file))
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using var writer = new StreamWriter(file, options);
            writer.Write(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        }
        return System.IO.File.ReadAllText(file);
    }
}
