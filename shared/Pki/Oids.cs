namespace Pechat.Pki;

/// <summary>Object identifiers by their names in the standards; algorithms are in <see cref="DigestAlgorithm"/> and <see cref="SignatureAlgorithm"/>.</summary>
public static class Oids
{
#pragma warning disable CS1591 // Each constant is named as in its standard; the group comments cite it.
    // X.520 attribute types
    public const string CommonName = "2.5.4.3";
    public const string Surname = "2.5.4.4";
    public const string SerialNumber = "2.5.4.5";
    public const string Country = "2.5.4.6";
    public const string Locality = "2.5.4.7";
    public const string StateOrProvince = "2.5.4.8";
    public const string Organization = "2.5.4.10";
    public const string OrganizationalUnit = "2.5.4.11";
    public const string Title = "2.5.4.12";
    public const string GivenName = "2.5.4.42";
    public const string DnQualifier = "2.5.4.46";
    public const string Pseudonym = "2.5.4.65";
    public const string OrganizationIdentifier = "2.5.4.97";
    public const string EmailAddress = "1.2.840.113549.1.9.1";
    public const string DomainComponent = "0.9.2342.19200300.100.1.25";

    // RFC 5280 and RFC 9608 extensions
    public const string SubjectKeyIdentifier = "2.5.29.14";
    public const string KeyUsage = "2.5.29.15";
    public const string PrivateKeyUsagePeriod = "2.5.29.16";
    public const string SubjectAlternativeName = "2.5.29.17";
    public const string BasicConstraints = "2.5.29.19";
    public const string CrlNumber = "2.5.29.20";
    public const string ReasonCode = "2.5.29.21";
    public const string InvalidityDate = "2.5.29.24";
    public const string DeltaCrlIndicator = "2.5.29.27";
    public const string IssuingDistributionPoint = "2.5.29.28";
    public const string NameConstraints = "2.5.29.30";
    public const string CrlDistributionPoints = "2.5.29.31";
    public const string CertificatePolicies = "2.5.29.32";
    public const string AnyPolicy = "2.5.29.32.0";
    public const string PolicyMappings = "2.5.29.33";
    public const string AuthorityKeyIdentifier = "2.5.29.35";
    public const string PolicyConstraints = "2.5.29.36";
    public const string ExtendedKeyUsage = "2.5.29.37";
    public const string FreshestCrl = "2.5.29.46";
    public const string InhibitAnyPolicy = "2.5.29.54";
    public const string NoRevocationAvailable = "2.5.29.56";
    public const string ExpiredCertsOnCrl = "2.5.29.60";
    public const string AuthorityInfoAccess = "1.3.6.1.5.5.7.1.1";
    public const string QcStatements = "1.3.6.1.5.5.7.1.3";
    public const string CpsQualifier = "1.3.6.1.5.5.7.2.1";
    public const string AccessOcsp = "1.3.6.1.5.5.7.48.1";
    public const string AccessCaIssuers = "1.3.6.1.5.5.7.48.2";

    // Extended key usages
    public const string KpTimeStamping = "1.3.6.1.5.5.7.3.8";
    public const string KpOcspSigning = "1.3.6.1.5.5.7.3.9";
    public const string KpDocumentSigning = "1.3.6.1.5.5.7.3.36";

    // OCSP: RFC 6960, RFC 9654
    public const string OcspBasic = "1.3.6.1.5.5.7.48.1.1";
    public const string OcspNonce = "1.3.6.1.5.5.7.48.1.2";
    public const string OcspNoCheck = "1.3.6.1.5.5.7.48.1.5";
    public const string OcspArchiveCutoff = "1.3.6.1.5.5.7.48.1.6";
    public const string OcspExtendedRevoke = "1.3.6.1.5.5.7.48.1.9";

    // EN 319 412-1, -2, -5 and EN 319 422
    public const string ValidityAssuredShortTerm = "0.4.0.194121.2.1";
    public const string PolicyQcpNatural = "0.4.0.194112.1.0";
    public const string PolicyQcpLegal = "0.4.0.194112.1.1";
    public const string PolicyQcpNaturalQscd = "0.4.0.194112.1.2";
    public const string PolicyQcpLegalQscd = "0.4.0.194112.1.3";
    public const string PolicyBestPracticeTimestamp = "0.4.0.2023.1.1";
    public const string QcCompliance = "0.4.0.1862.1.1";
    public const string QcLimitValue = "0.4.0.1862.1.2";
    public const string QcRetentionPeriod = "0.4.0.1862.1.3";
    public const string QcSscd = "0.4.0.1862.1.4";
    public const string QcPds = "0.4.0.1862.1.5";
    public const string QcType = "0.4.0.1862.1.6";
    public const string QcTypeEsign = "0.4.0.1862.1.6.1";
    public const string QcTypeEseal = "0.4.0.1862.1.6.2";
    public const string QcTypeWeb = "0.4.0.1862.1.6.3";
    public const string QcCcLegislation = "0.4.0.1862.1.7";
    public const string QcSyntaxV2 = "1.3.6.1.5.5.7.11.2";
    public const string SemanticsNatural = "0.4.0.194121.1.1";
    public const string SemanticsLegal = "0.4.0.194121.1.2";
    public const string QualifiedTimestamp = "0.4.0.19422.1.1";

    // CMS (RFC 5652), ESS (RFC 5035), RFC 3161 and CAdES (EN 319 122-1)
    public const string Data = "1.2.840.113549.1.7.1";
    public const string SignedData = "1.2.840.113549.1.7.2";
    public const string TstInfo = "1.2.840.113549.1.9.16.1.4";
    public const string ContentType = "1.2.840.113549.1.9.3";
    public const string MessageDigest = "1.2.840.113549.1.9.4";
    public const string SigningTime = "1.2.840.113549.1.9.5";
    public const string ExtensionRequest = "1.2.840.113549.1.9.14";
    public const string SigningCertificate = "1.2.840.113549.1.9.16.2.12";
    public const string SignatureTimestamp = "1.2.840.113549.1.9.16.2.14";
    public const string SigningCertificateV2 = "1.2.840.113549.1.9.16.2.47";

    // Keys and curves
    public const string RsaEncryption = "1.2.840.113549.1.1.1";
    public const string RsaPss = "1.2.840.113549.1.1.10";
    public const string Mgf1 = "1.2.840.113549.1.1.8";
    public const string EcPublicKey = "1.2.840.10045.2.1";
    public const string CurveP256 = "1.2.840.10045.3.1.7";
    public const string CurveP384 = "1.3.132.0.34";
    public const string CurveP521 = "1.3.132.0.35";
#pragma warning restore CS1591
}
