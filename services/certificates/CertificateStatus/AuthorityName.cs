using System.Text.RegularExpressions;
using Pechat.Contracts;

namespace Pechat.CertificateStatus;

/// <summary>Short name of an authority as it stands in URLs.</summary>
internal static partial class AuthorityName
{
    /// <exception cref="FaultException">unknown_authority: no authority can have this name.</exception>
    internal static void ThrowIfImpossible(string name)
    {
        if (!Shape().IsMatch(name))
            throw FaultException.NotFound("unknown_authority", "no authority has this name");
    }

    [GeneratedRegex("^[a-z0-9-]{1,64}$")]
    private static partial Regex Shape();
}
