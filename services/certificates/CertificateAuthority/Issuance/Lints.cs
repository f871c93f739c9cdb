using System.Collections.Concurrent;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Pechat.CertificateAuthority.Authorities;
using Pechat.Contracts;
using Pechat.Pki;

namespace Pechat.CertificateAuthority.Issuance;

/// <summary>
/// Judges the exact bytes to be signed before the CA's key touches them: they are signed with a throw-away key of the same
/// algorithm, read back as a stranger would, and every rule is asked. The rules do not trust the template that wrote the bytes.
/// </summary>
internal static partial class Lints
{
    private static readonly ConcurrentDictionary<string, MemorySigner> ThrowAway = new();

    private static readonly string[] Forbidden =
        [Oids.BasicConstraints, Oids.NameConstraints, Oids.PolicyConstraints, Oids.PolicyMappings, Oids.InhibitAnyPolicy];

    /// <exception cref="FaultException">lint_failed, with the names of all rules that failed.</exception>
    internal static async Task ThrowIfAnyFailsAsync(ReadOnlyMemory<byte> tbs, Profile profile, Authority issuer, CancellationToken ct)
    {
        string[] failed = [.. await FindAsync(tbs, profile, issuer, ct)];
        if (failed.Length > 0)
            throw FaultException.Invalid("lint_failed", "the certificate would break: " + string.Join(", ", failed));
    }

    /// <summary>Names of the rules that fail.</summary>
    internal static async Task<IEnumerable<string>> FindAsync(ReadOnlyMemory<byte> tbs, Profile profile, Authority issuer, CancellationToken ct)
    {
        ISigner signer = ThrowAway.GetOrAdd(issuer.Signer.Algorithm.JwaName, _ => MakeSigner(issuer.Signer.Algorithm));
        try
        {
            Certificate certificate = Certificate.Parse(await SignedObject.SignAsync(tbs, signer, ct));
            return [.. Structure(certificate, issuer.Certificate), .. EndEntity(certificate, profile, issuer.Certificate), .. Qualified(certificate, profile)];
        }
        catch (AsnContentException e)
        {
            return ["structure: " + e.Message];
        }
    }

    private static IEnumerable<string> Structure(Certificate certificate, Certificate issuer) => Failed(
        ("serial_number_range", certificate.SerialNumber.Length is >= 8 and <= 20 && certificate.SerialNumber.Span[0] < 0x80),
        ("issuer_name_mismatch", certificate.Issuer.Equals(issuer.Subject)),
        ("authority_key_identifier", certificate.AuthorityKeyIdentifier() is { } aki && issuer.SubjectKeyIdentifier() is { } ski && aki.Span.SequenceEqual(ski.Span)),
        ("subject_key_identifier", certificate.SubjectKeyIdentifier() is { } own && own.Span.SequenceEqual(certificate.PublicKey.KeyIdentifier)),
        ("validity_order", certificate.NotBefore < certificate.NotAfter),
        ("validity_outlives_issuer", certificate.NotAfter <= issuer.NotAfter),
        ("criticality", certificate.Extensions.All(each => each.Critical == (each.Oid == Oids.KeyUsage
            || (each.Oid == Oids.ExtendedKeyUsage && certificate.ExtendedKeyUsages().Contains(Oids.KpTimeStamping))))),
        // The name re-encoded by the rules of the house is the same: right string types, one attribute per RDN.
        ("name_encoding", new DistinguishedName(certificate.Subject.Attributes).Equals(certificate.Subject)));

    private static IEnumerable<string> EndEntity(Certificate certificate, Profile profile, Certificate issuer) => Failed(
        ("validity_length", certificate.NotAfter == certificate.NotBefore.AddYears(profile.Years).AddSeconds(-1)),
        ("key_usage", certificate.KeyUsage() == profile.Usage && (certificate.KeyUsage() & (KeyUsages.KeyCertSign | KeyUsages.CrlSign)) == 0),
        ("extended_key_usage", certificate.ExtendedKeyUsages().SequenceEqual(profile.ExtendedKeyUsage)),
        ("ca_extension_in_end_entity", !certificate.Extensions.Any(each => Forbidden.Contains(each.Oid))),
        ("policies", certificate.Policies().SequenceEqual(profile.Policies.Select(each => each.Oid)) && !certificate.Policies().Contains(Oids.AnyPolicy)),
        ("access_urls", certificate.CaIssuersUrls() is [var authority] && certificate.OcspUrls() is [var ocsp] && certificate.CrlUrls() is [var crl]
            && new[] { authority, ocsp, crl }.All(each => each.StartsWith("http://", StringComparison.Ordinal))),
        ("key_kind", KeyKind.Of(certificate.PublicKey) is { } kind && profile.Keys.Contains(kind)),
        ("key_of_the_issuer", !certificate.PublicKey.Encoded.Span.SequenceEqual(issuer.PublicKey.Encoded.Span)),
        ("country", certificate.Subject.Attributes is [{ Oid: Oids.Country, Value.Length: 2 }, ..] && Once(certificate, Oids.Country)),
        ("common_name", certificate.Subject.Attributes is [.., { Oid: Oids.CommonName }] && Once(certificate, Oids.CommonName)));

    private static IEnumerable<string> Qualified(Certificate certificate, Profile profile)
    {
        if (certificate.Qualified() is not { } statements)
            return profile.Qualified is null ? [] : ["qc_statements_missing"];
        if (profile.Qualified is null)
            return ["qc_statements_unexpected"];
        string identifier = certificate.Subject.Find(Oids.SerialNumber) ?? "";
        return Failed(
            ("qc_compliance", statements.Compliance),
            ("qc_sscd", statements.QualifiedDevice == profile.IsForDevice),
            ("qc_type", statements.Type == Oids.QcTypeEsign),
            ("qc_pds", statements.Disclosures.Any(each => each.Language == "en") && statements.Disclosures.All(each => each.Url.StartsWith("https://", StringComparison.Ordinal))),
            ("qc_legislation", statements.Legislations.Count == 0),
            ("qc_unknown_statement", statements.Others.Count == 0),
            ("qc_semantics", statements.Semantics == Oids.SemanticsNatural && Identifier().IsMatch(identifier)),
            ("qc_registration_authority", identifier.Contains(':', StringComparison.Ordinal) == statements.RegistrationAuthorities.Count > 0),
            ("person_name", certificate.Subject.Find(Oids.GivenName) is not null || certificate.Subject.Find(Oids.Surname) is not null),
            ("person_only", certificate.Subject.Find(Oids.Organization) is null && certificate.Subject.Find(Oids.OrganizationIdentifier) is null
                && certificate.Subject.Find(Oids.Pseudonym) is null && certificate.Subject.Find(Oids.EmailAddress) is null));
    }

    private static IEnumerable<string> Failed(params IEnumerable<(string Name, bool Holds)> rules) => rules.Where(each => !each.Holds).Select(each => each.Name);

    private static bool Once(Certificate certificate, string attribute) => certificate.Subject.Attributes.Count(each => each.Oid == attribute) == 1;

    private static MemorySigner MakeSigner(SignatureAlgorithm algorithm) => new(
        algorithm.Scheme == SignatureScheme.Ecdsa ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : RSA.Create(2048), algorithm);

    [GeneratedRegex(@"^(PAS|IDC|PNO|TIN|[A-Z]{2}:)[A-Z]{2}-.+$")]
    private static partial Regex Identifier();
}
