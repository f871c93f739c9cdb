using Pechat.CertificateAuthority.Authorities;
using Pechat.Pki;

namespace Pechat.CertificateAuthority.Issuance;

/// <summary>Turns a profile, a holder and a key into the certificate to be signed; every extension comes from here.</summary>
internal sealed class CertificateTemplate(CertificateAuthorityOptions options)
{
    internal TbsCertificate Build(Profile profile, Holder holder, SubjectPublicKey key, Authority issuer, DateTimeOffset now)
    {
        DateTimeOffset start = Seconds(now);
        return new TbsCertificate
        {
            SerialNumber = TbsCertificate.NewSerial(),
            Algorithm = issuer.Signer.Algorithm,
            Issuer = issuer.Certificate.Subject,
            NotBefore = start,
            NotAfter = start.AddYears(profile.Years).AddSeconds(-1), // RFC 5280 §4.1.2.5: both ends belong to the validity
            Subject = holder.Name,
            PublicKey = key,
            Extensions = [.. Extensions(profile, holder, key, issuer, start)],
        };
    }

    /// <summary>Times in certificates have whole seconds.</summary>
    internal static DateTimeOffset Seconds(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);

    private IEnumerable<Extension> Extensions(Profile profile, Holder holder, SubjectPublicKey key, Authority issuer, DateTimeOffset start)
    {
        yield return CertificateExtensions.AuthorityKeyIdentifier(issuer.Certificate.SubjectKeyIdentifier() ?? issuer.Certificate.PublicKey.KeyIdentifier);
        yield return CertificateExtensions.SubjectKeyIdentifier(key);
        yield return CertificateExtensions.KeyUsage(profile.Usage);
        if (profile.ExtendedKeyUsage.Count > 0)
            yield return CertificateExtensions.ExtendedKeyUsage(profile.Holder == HolderKind.TimestampUnit, [.. profile.ExtendedKeyUsage]);
        if (profile.Policies.Count > 0)
            yield return CertificateExtensions.Policies([.. profile.Policies.Select(each => new CertificatePolicy(each.Oid, each.Cps))]);
        if (holder.Email is not null)
            yield return CertificateExtensions.SubjectEmail(holder.Email);
        yield return CertificateExtensions.AuthorityInfoAccess(options.IssuerUrl(issuer.Name), options.OcspUrl);
        yield return CertificateExtensions.CrlDistributionPoint(options.CrlUrl(issuer.Name));
        if (profile.SigningYears > 0)
            yield return CertificateExtensions.PrivateKeyUsagePeriod(start, start.AddYears(profile.SigningYears).AddSeconds(-1));
        if (profile.Qualified is { } qualified)
            yield return CertificateExtensions.Qualified(Statements(qualified, holder));
    }

    private static QcStatements Statements(Profile.QualifiedEntry qualified, Holder holder) => new()
    {
        Compliance = true,
        QualifiedDevice = qualified.Device,
        Type = Oids.QcTypeEsign,
        Disclosures = [.. qualified.Disclosures.Select(each => new DisclosureStatement(each.Url, each.Language))],
        Semantics = Oids.SemanticsNatural,
        RegistrationAuthorities = holder.NationalScheme is { } scheme ? [qualified.RegistrationAuthorities[scheme]] : [],
    };
}
