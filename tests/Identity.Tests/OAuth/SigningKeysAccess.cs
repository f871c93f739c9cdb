using System.Security.Cryptography;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.Tests.OAuth;

/// <summary>Reads key files as the service does.</summary>
internal static class SigningKeysAccess
{
    public static ECDsa Load(string file) => SigningKeys.Load(file);
}
