using System.Text.Json.Serialization;

namespace Pechat.Signing.Csc;

/// <summary>
/// <c>credentials/info</c> of v1 (§5.5). A credential that is confirmed on the phone is <c>implicit</c> there (D-28), so the groups PIN and OTP
/// never appear.
/// </summary>
internal sealed record CredentialInfoV1(
    CredentialInfo.KeyPart Key, CredentialInfo.CertPart Cert, string AuthMode, [property: JsonPropertyName("SCAL")] string Scal, int Multisign, string Lang)
{
    internal static CredentialInfoV1 Of(CredentialInfo info) =>
        new(info.Key, info.Cert with { QcStatements = null, Policy = null }, "implicit", info.Scal, info.Multisign, info.Lang);
}
