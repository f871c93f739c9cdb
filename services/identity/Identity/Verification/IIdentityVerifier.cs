using Pechat.Hosting.Jose;
using Pechat.Identity.People;

namespace Pechat.Identity.Verification;

/// <summary>A provider of remote identity verification .</summary>
internal interface IIdentityVerifier
{
    /// <summary>Stored with every verification.</summary>
    string Name { get; }

    /// <summary>The R-101 method that it carries out, stored with every certificate.</summary>
    string Method { get; }

    /// <summary>Where a case stands. Called again until the outcome is final; must be idempotent for each case id.</summary>
    Task<VerificationOutcome> ExamineAsync(VerificationCase examined, CancellationToken ct);
}

/// <summary>What a provider is asked about.</summary>
/// <param name="Id">The attempt.</param>
/// <param name="CustomerId">Who claims to be that person.</param>
/// <param name="DocumentNumber">Of the identity document.</param>
/// <param name="Number">Personal number.</param>
/// <param name="GivenName">As in the document.</param>
/// <param name="Surname">As in the document.</param>
/// <param name="DateOfBirth">As in the document.</param>
/// <param name="DeviceKey">The key of the phone in the person's hand; a positive assertion names it.</param>
internal sealed record VerificationCase(
    Guid Id, Guid CustomerId, string DocumentNumber, PersonalNumber Number, string GivenName, string Surname, DateOnly DateOfBirth, EcPublicKey DeviceKey);

/// <summary>What a provider found.</summary>
internal abstract record VerificationOutcome
{
    /// <summary>Not decided yet.</summary>
    internal sealed record Pending : VerificationOutcome;

    /// <summary>The person is who they claim to be.</summary>
    /// <param name="Assertion">The provider's signed statement for the SAM, see EnrolDeviceRequest.verification.</param>
    internal sealed record Positive(string Assertion) : VerificationOutcome;

    /// <summary>Refused.</summary>
    /// <param name="Reason">Category of R-104, one of <see cref="Reasons"/>.</param>
    internal sealed record Negative(string Reason) : VerificationOutcome;

    /// <summary>The customer must clear something up.</summary>
    /// <param name="Reason">What.</param>
    internal sealed record Suspended(string Reason) : VerificationOutcome;
}

/// <summary>Categories of R-104.</summary>
internal static class Reasons
{
    public const string DocumentUnreadable = "document_unreadable";
    public const string DataMismatch = "data_mismatch";
    public const string PersonMismatch = "person_mismatch";
    public const string DuplicatePerson = "duplicate_person";
    public const string UnderAge = "under_age";
    public const string NoClarification = "no_clarification";
}
