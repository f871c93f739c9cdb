using System.Formats.Asn1;
using System.Globalization;
using System.Text.Json.Serialization;
using Pechat.Pki;
using Pechat.Signing.Credentials;

namespace Pechat.Signing.Csc;

/// <summary>The object of <c>credentials/info</c>, also an entry of <c>credentialInfos</c> (§5.5).</summary>
internal sealed record CredentialInfo(
    [property: JsonPropertyName("credentialID")] string? CredentialId,
    string? SignatureQualifier,
    CredentialInfo.KeyPart Key,
    CredentialInfo.CertPart Cert,
    CredentialInfo.AuthPart Auth,
    [property: JsonPropertyName("SCAL")] string Scal,
    int Multisign,
    string Lang)
{
    internal sealed record KeyPart(string Status, IReadOnlyList<string> Algo, int Len, string? Curve);

    internal sealed record CertPart(
        string Status, IReadOnlyList<byte[]>? Certificates,
        [property: JsonPropertyName("issuerDN")] string? IssuerDn, string? SerialNumber,
        [property: JsonPropertyName("subjectDN")] string? SubjectDn, string? ValidFrom, string? ValidTo,
        IReadOnlyList<string>? QcStatements, IReadOnlyList<string>? Policy);

    internal sealed record AuthPart(string Mode, string? Expression, IReadOnlyList<AuthObject> Objects);

    internal sealed record AuthObject(string Type, string Id, string Label, string Description);

    /// <summary>What a request wants to see.</summary>
    internal sealed record View(string Certificates, bool CertInfo, bool AuthInfo)
    {
        internal static View Of(CscRequest request)
        {
            string certificates = request.OptionalString("certificates") ?? "single";
            return certificates is "none" or "single" or "chain"
                ? new View(certificates, request.Flag("certInfo"), request.Flag("authInfo"))
                : throw CscRequest.InvalidParameter("certificates");
        }
    }

    /// <summary>Id of the one authentication object: the confirmation, with PIN, on the bound phone.</summary>
    internal const string PhoneId = "PHONE";

    private static readonly AuthObject Phone =
        new("ChallengeResponseOOB", PhoneId, "Phone", "Confirm on your phone, in the authenticator app, with your PIN");

    internal static CredentialInfo Of(Credential credential, View view, SigningOptions options, DateTimeOffset now, bool withId)
    {
        Certificate certificate = Certificate.Parse(credential.Certificate);
        return new CredentialInfo(
            withId ? credential.Id.ToString("D") : null,
            Qualifier(certificate),
            new KeyPart(credential.IsEnabled(now) ? "enabled" : "disabled", credential.Key.SignAlgorithms, credential.Key.Length, credential.Key.Curve),
            new CertPart(
                credential.Status(now),
                view.Certificates switch { "none" => null, "single" => [credential.Certificate], _ => [credential.Certificate, .. credential.Chain] },
                view.CertInfo ? Rfc4514.Render(certificate.Issuer.Encoded) : null,
                view.CertInfo ? credential.Serial : null,
                view.CertInfo ? Rfc4514.Render(certificate.Subject.Encoded) : null,
                view.CertInfo ? Time(credential.NotBefore) : null,
                view.CertInfo ? Time(credential.NotAfter) : null,
                view.CertInfo ? StatementIds(certificate) : null,
                view.CertInfo ? certificate.Policies() : null),
            view.AuthInfo ? new AuthPart("explicit", PhoneId, [Phone]) : new AuthPart("explicit", null, []), // D-9
            "2",
            options.MultiSign,
            "en-GB");
    }

    internal static string? QualifierOf(Credential credential) => Qualifier(Certificate.Parse(credential.Certificate));

    /// <summary>Dotted OIDs of the QC statements (RFC 3739 §3.2.6), in the order of the certificate.</summary>
    private static List<string> StatementIds(Certificate certificate)
    {
        var ids = new List<string>();
        if (certificate.Find(Oids.QcStatements) is not { } extension)
            return ids;
        AsnReader statements = new AsnReader(extension.Value, AsnEncodingRules.DER).ReadSequence();
        while (statements.HasData)
            ids.Add(statements.ReadSequence().ReadObjectIdentifier());
        return ids;
    }

    private static string Time(DateTime time) => time.ToString("yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture);

    /// <summary>§8.7, from the statements in the certificate; null when it says nothing.</summary>
    private static string? Qualifier(Certificate certificate) => certificate.Qualified() switch
    {
        { Compliance: true, QualifiedDevice: true } statements => statements.Type == Oids.QcTypeEseal ? "eu_eidas_qeseal" : "eu_eidas_qes",
        { Compliance: true } statements => statements.Type == Oids.QcTypeEseal ? "eu_eidas_aesealqc" : "eu_eidas_aesqc",
        _ => null,
    };
}
