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
    /// <exception cref="Contracts.FaultException">Unavailable: it does not answer now and is asked again.</exception>
    Task<VerificationOutcome> ExamineAsync(VerificationCase examined, CancellationToken ct);

    /// <summary>The provider's signed statement for the SAM about a case that our operators have decided.</summary>
    /// <exception cref="Contracts.FaultException">Unavailable, or the provider does not stand by the decision.</exception>
    Task<string> AssertAsync(VerificationCase decided, CancellationToken ct);
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
/// <param name="Clarifications">What the customer has answered so far, the first one first.</param>
internal sealed record VerificationCase(
    Guid Id, Guid CustomerId, string DocumentNumber, PersonalNumber Number, string GivenName, string Surname, DateOnly DateOfBirth, EcPublicKey DeviceKey,
    IReadOnlyList<string> Clarifications);

/// <summary>What a provider found.</summary>
internal abstract record VerificationOutcome
{
    /// <summary>Checks by name with result or score, kept as evidence.</summary>
    public IReadOnlyDictionary<string, string> Checks { get; init; } = new Dictionary<string, string>();

    /// <summary>The person is still at it: document and face are not captured yet.</summary>
    /// <param name="Page">Where the capture goes on; null when the provider's own app does it.</param>
    internal sealed record Capturing(Uri? Page) : VerificationOutcome;

    /// <summary>Captured, not decided yet.</summary>
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

    /// <summary>It broke down for technical reasons: the attempt does not count, and another may begin.</summary>
    internal sealed record Failed : VerificationOutcome;
}

/// <summary>Categories of R-104.</summary>
internal static class Reasons
{
    public const string DocumentUnreadable = "document_unreadable";
    public const string DocumentExpired = "document_expired";
    public const string DataMismatch = "data_mismatch";
    public const string PersonMismatch = "person_mismatch";
    public const string DuplicatePerson = "duplicate_person";
    public const string UnderAge = "under_age";
    public const string NotAccepted = "not_accepted"; // suspected misuse, worded neutrally
    public const string NoClarification = "no_clarification";

    /// <summary>What an operator may give as the category of a refusal.</summary>
    public static readonly string[] ForOperators = [DocumentUnreadable, DocumentExpired, DataMismatch, PersonMismatch, DuplicatePerson, UnderAge, NotAccepted];
}
