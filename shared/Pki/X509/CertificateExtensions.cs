using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>A certificate policy with an optional place where its practice statement is published.</summary>
/// <param name="Oid">Policy, dotted.</param>
/// <param name="CpsUri">URI of the certification practice statement; null for none.</param>
public sealed record CertificatePolicy(string Oid, string? CpsUri = null);

/// <summary>Builders of the certificate extensions we issue (RFC 5280 §4.2, EN 319 412-2, RFC 9608); criticality as the profiles ask.</summary>
public static class CertificateExtensions
{
    private static readonly byte[] Null = [0x05, 0x00];
    private static readonly Asn1Tag Uri = Der.Context(6);

    /// <summary>basicConstraints of a CA, critical.</summary>
    /// <param name="pathLength">How many CAs may follow; null for no limit.</param>
    public static Extension CertificateAuthority(int? pathLength = null) => Make(Oids.BasicConstraints, true, writer =>
    {
        using (writer.PushSequence())
        {
            writer.WriteBoolean(true);
            if (pathLength is { } length)
                writer.WriteInteger(length);
        }
    });

    /// <summary>keyUsage, critical.</summary>
    /// <param name="usages">At least one bit.</param>
    public static Extension KeyUsage(KeyUsages usages) =>
        Make(Oids.KeyUsage, true, writer => writer.WriteNamedBitList(usages));

    /// <summary>extKeyUsage.</summary>
    /// <param name="critical">True for time stamping (RFC 3161 §2.3).</param>
    /// <param name="purposes">Purposes, dotted.</param>
    public static Extension ExtendedKeyUsage(bool critical, params IReadOnlyList<string> purposes) => Make(Oids.ExtendedKeyUsage, critical, writer =>
    {
        using (writer.PushSequence())
        {
            foreach (string purpose in purposes)
                writer.WriteObjectIdentifier(purpose);
        }
    });

    /// <summary>subjectKeyIdentifier: SHA-1 of the key bits.</summary>
    /// <param name="key">The certified key.</param>
    public static Extension SubjectKeyIdentifier(SubjectPublicKey key) =>
        Make(Oids.SubjectKeyIdentifier, false, writer => writer.WriteOctetString(key.KeyIdentifier));

    /// <summary>authorityKeyIdentifier with nothing but the key identifier.</summary>
    /// <param name="keyIdentifier">The issuer's subjectKeyIdentifier.</param>
    public static Extension AuthorityKeyIdentifier(ReadOnlyMemory<byte> keyIdentifier) => Make(Oids.AuthorityKeyIdentifier, false, writer =>
    {
        using (writer.PushSequence())
            writer.WriteOctetString(keyIdentifier.Span, Der.Context(0));
    });

    /// <summary>certificatePolicies.</summary>
    /// <param name="policies">At least one.</param>
    public static Extension Policies(params IReadOnlyList<CertificatePolicy> policies) => Make(Oids.CertificatePolicies, false, writer =>
    {
        using (writer.PushSequence())
        {
            foreach (CertificatePolicy policy in policies)
                WritePolicy(writer, policy);
        }
    });

    /// <summary>authorityInfoAccess with the issuer's certificate and its OCSP responder; null leaves one out.</summary>
    /// <param name="caIssuers">URL of the issuer's certificate, DER.</param>
    /// <param name="ocsp">URL of the responder.</param>
    public static Extension AuthorityInfoAccess(string? caIssuers, string? ocsp) => Make(Oids.AuthorityInfoAccess, false, writer =>
    {
        using (writer.PushSequence())
        {
            WriteAccess(writer, Oids.AccessOcsp, ocsp);
            WriteAccess(writer, Oids.AccessCaIssuers, caIssuers);
        }
    });

    /// <summary>cRLDistributionPoints with one point.</summary>
    /// <param name="uri">URL of the CRL; the same as in its issuingDistributionPoint.</param>
    public static Extension CrlDistributionPoint(string uri) => Make(Oids.CrlDistributionPoints, false, writer =>
    {
        using (writer.PushSequence())
        using (writer.PushSequence())
            WriteDistributionPointName(writer, uri);
    });

    /// <summary>subjectAltName with one e-mail address.</summary>
    /// <param name="email">Address in ASCII.</param>
    public static Extension SubjectEmail(string email) => Make(Oids.SubjectAlternativeName, false, writer =>
    {
        using (writer.PushSequence())
            writer.WriteCharacterString(UniversalTagNumber.IA5String, email, Der.Context(1));
    });

    /// <summary>qcStatements (EN 319 412-5), never critical.</summary>
    /// <param name="statements">What to state.</param>
    public static Extension Qualified(QcStatements statements) => new(Oids.QcStatements, false, statements.Encode());

    /// <summary>privateKeyUsagePeriod: until when a TSU signs.</summary>
    /// <param name="notBefore">Start.</param>
    /// <param name="notAfter">End.</param>
    public static Extension PrivateKeyUsagePeriod(DateTimeOffset notBefore, DateTimeOffset notAfter) => Make(Oids.PrivateKeyUsagePeriod, false, writer =>
    {
        using (writer.PushSequence())
        {
            writer.WriteGeneralizedTime(notBefore.ToUniversalTime(), omitFractionalSeconds: true, Der.Context(0));
            writer.WriteGeneralizedTime(notAfter.ToUniversalTime(), omitFractionalSeconds: true, Der.Context(1));
        }
    });

    /// <summary>id-pkix-ocsp-nocheck of a delegated responder (RFC 6960 §4.2.2.2.1).</summary>
    public static Extension OcspNoCheck() => new(Oids.OcspNoCheck, false, Null);

    /// <summary>validity-assured-short-term (EN 319 412-1 §5.2).</summary>
    public static Extension ValidityAssuredShortTerm() => new(Oids.ValidityAssuredShortTerm, false, Null);

    /// <summary>noRevAvail (RFC 9608); the certificate then points to no CRL and no responder.</summary>
    public static Extension NoRevocationAvailable() => new(Oids.NoRevocationAvailable, false, Null);

    internal static Extension Make(string oid, bool critical, Action<AsnWriter> write) => new(oid, critical, Der.Encode(write));

    // DistributionPointName is a CHOICE, so its tag stays explicit around [0] fullName.
    internal static void WriteDistributionPointName(AsnWriter writer, string uri)
    {
        using (writer.PushSequence(Der.Context(0)))
        using (writer.PushSequence(Der.Context(0)))
            writer.WriteCharacterString(UniversalTagNumber.IA5String, uri, Uri);
    }

    private static void WriteAccess(AsnWriter writer, string method, string? uri)
    {
        if (uri is null)
            return;
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(method);
            writer.WriteCharacterString(UniversalTagNumber.IA5String, uri, Uri);
        }
    }

    private static void WritePolicy(AsnWriter writer, CertificatePolicy policy)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(policy.Oid);
            if (policy.CpsUri is null)
                return;
            using (writer.PushSequence())
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Oids.CpsQualifier);
                writer.WriteCharacterString(UniversalTagNumber.IA5String, policy.CpsUri);
            }
        }
    }
}
