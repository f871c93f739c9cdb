namespace Pechat.Conformance.Tests;

/// <summary>Why statements have no test here. They never count as passed.</summary>
internal static class NotOffered
{
    private const string Factors = "not offered: factors typed into the application (docs/decisions/0005)";

    internal static IReadOnlyDictionary<int, string> Reasons { get; } = new Dictionary<int, string>
    {
        [59] = Factors,
        [68] = "not offered: no credential is confirmed by OAuth alone; every one is confirmed on the phone",
        [70] = Factors,
        [71] = "not offered: no PIN or OTP is right; any is answered by invalid_pin, invalid_otp",
        [72] = Factors,
        [73] = Factors,
        [74] = Factors,
        [79] = "not offered: no credential is of mode oauth2code alone",
        [82] = Factors,
        [83] = "not offered: no value is right; any is answered by invalid_authentication_data",
        [88] = "not offered: no credential has an online OTP",
        [91] = "not run here: the logs cannot be read from outside; services' tests scan them",
        [96] = "not offered: digests are never added to an authorisation",
        [118] = "not run here: needs an expired certificate",
        [125] = "not run here: the HSM cannot be broken from outside",
        [131] = "not offered: asynchronous mode cannot be switched off",
        [133] = "not offered: levels LT and LTA",
        [140] = "not offered: format C",
        [141] = "not offered: format C",
        [143] = "not offered: validationInfo",
        [175] = "not offered: credentials/create",
        [181] = "not run here: one instance runs",
        [183] = "not run here: the database cannot be reached from outside",
        [184] = "not run here: time is not measured in tests",
        [185] = "not run here: the audit trail cannot be read from outside",
        [186] = "not run here: no credential is re-keyed",
    };

    /// <summary>Statements of which a part is offered and passed.</summary>
    internal static IReadOnlyDictionary<int, string> Parts { get; } = new Dictionary<int, string>
    {
        [56] = "passed but for authMode, which is implicit (docs/decisions/0005)",
        [60] = "implicit passed; no credential is of mode oauth2code alone",
        [65] = "disabled passed; an expired certificate is not run here",
        [87] = "refusals passed; no credential has an object of type ChallengeResponse",
        [94] = "unknown and foreign passed; an expired SAD is not run here",
        [108] = "missing, wrong and unknown passed; an expired SAD is not run here",
        [117] = "P-384 passed; P-521 is not offered",
        [130] = "refusals passed; no address is registered here",
    };
}
