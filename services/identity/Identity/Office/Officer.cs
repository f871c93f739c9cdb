using System.Security.Claims;
using Pechat.Contracts;
using Pechat.Hosting;

namespace Pechat.Identity.Office;

/// <summary>
/// A member of staff: a person with a profile of their own, who logs in with their own phone to a client with the scope <c>office</c> and
/// is named in the configuration. What they may do is their role there.
/// </summary>
internal static class Officer
{
    /// <summary>Decides identity verifications.</summary>
    internal const string IdentityOperator = "identity-operator";

    /// <summary>Locks and unlocks profiles, detaches devices.</summary>
    internal const string SecurityOfficer = "security-officer";

    /// <summary>All roles.</summary>
    internal static readonly string[] Roles = [IdentityOperator, SecurityOfficer];

    internal const int MinReasonLength = 5;
    internal const int MaxReasonLength = 500;

    /// <summary>The officer behind a token.</summary>
    /// <exception cref="FaultException">The person does not have the role, or acts upon their own profile.</exception>
    internal static Guid Of(ClaimsPrincipal user, IdentityOptions options, string role, Guid? about = null)
    {
        Guid officer = user.CustomerId();
        if (!options.Officers.Any(o => o.CustomerId == officer && o.Roles.Contains(role, StringComparer.Ordinal)))
            throw FaultException.Forbidden("access_denied", $"the role {role} is needed");
        return officer != about ? officer : throw FaultException.Forbidden("own_profile", "nobody decides about themselves");
    }

    /// <summary>How records name the officer.</summary>
    internal static string Actor(Guid officer) => $"officer {officer}";

    /// <summary>Every privileged action has a reason .</summary>
    internal static string ReadReason(string? reason)
    {
        string text = reason?.Trim() ?? "";
        return text.Length is < MinReasonLength or > MaxReasonLength
            ? throw FaultException.Invalid("reason_needed", $"reason must have {MinReasonLength} to {MaxReasonLength} characters") : text;
    }
}
