using Pechat.Pki;
using Pechat.Pkcs11;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Pechat.CertificateAuthority.Authorities;

/// <summary>The script of a key ceremony.</summary>
internal sealed record CeremonyFile
{
    public AuthorityEntry? Root { get; init; }

    public IList<AuthorityEntry> Authorities { get; init; } = [];

    /// <summary>Certificates for keys that were generated elsewhere in the house.</summary>
    public IList<CertificateEntry> Certificates { get; init; } = [];

    /// <summary>Directory for root.pem and chain.pem, relative to the file; null writes none.</summary>
    public string? Output { get; init; }

    /// <exception cref="CeremonyException">The file is no ceremony; every problem is listed.</exception>
    internal static CeremonyFile Parse(string yaml)
    {
        try
        {
            CeremonyFile file = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build().Deserialize<CeremonyFile>(yaml)
                ?? throw new CeremonyException("the file is empty");
            string[] problems = [.. file.Problems()];
            return problems.Length == 0 ? file : throw new CeremonyException(string.Join("; ", problems));
        }
        catch (YamlException e)
        {
            throw new CeremonyException(e.InnerException is null ? e.Message : $"{e.Message} {e.InnerException.Message}");
        }
    }

    private IEnumerable<string> Problems()
    {
        if (Root is null)
        {
            yield return "root is missing";
            yield break;
        }
        foreach (AuthorityEntry entry in Authorities.Prepend(Root))
        {
            if (entry.Name.Length == 0 || !entry.Name.All(each => char.IsAsciiLetterLower(each) || char.IsAsciiDigit(each) || each == '-'))
                yield return $"the name '{entry.Name}' must be lower-case letters, digits and hyphens: it stands in URLs";
            if (!KeyAlgorithms.ContainsKey(entry.Key))
                yield return $"{entry.Name}: key must be one of {string.Join(", ", KeyAlgorithms.Keys)}";
            if (entry.Years is < 1 or > 30)
                yield return $"{entry.Name}: years must lie between 1 and 30";
            if (entry.Subject.Country.Length != 2 || entry.Subject.Organization.Length == 0 || entry.Subject.CommonName.Length == 0)
                yield return $"{entry.Name}: subject needs country, organization and commonName";
        }
        if (Authorities.Select(each => each.Name).Append(Root.Name).Distinct(StringComparer.Ordinal).Count() != Authorities.Count + 1)
            yield return "two authorities have one name";
        foreach (CertificateEntry entry in Certificates.Where(each => each.Profile.Length == 0 || each.Csr.Length == 0 || each.Certificate.Length == 0))
            yield return $"a certificate needs profile, csr and certificate ({entry.Profile} {entry.Csr})";
    }

    /// <summary>Keys that an authority may have.</summary>
    internal static IReadOnlyDictionary<string, KeyPairAlgorithm> KeyAlgorithms { get; } = new Dictionary<string, KeyPairAlgorithm>
    {
        ["P-256"] = KeyPairAlgorithm.P256, ["P-384"] = KeyPairAlgorithm.P384, ["RSA-3072"] = KeyPairAlgorithm.Rsa3072, ["RSA-4096"] = KeyPairAlgorithm.Rsa4096,
    };

    internal sealed record AuthorityEntry
    {
        /// <summary>Short name; stands in URLs and in profiles.</summary>
        public string Name { get; init; } = "";

        /// <summary>P-256, P-384, RSA-3072 or RSA-4096.</summary>
        public string Key { get; init; } = "P-384";

        public int Years { get; init; }

        public SubjectEntry Subject { get; init; } = new();
    }

    internal sealed record CertificateEntry
    {
        /// <summary>Profile, e.g. <c>timestamp-unit</c>.</summary>
        public string Profile { get; init; } = "";

        /// <summary>PKCS#10, PEM or DER, relative to the file.</summary>
        public string Csr { get; init; } = "";

        /// <summary>Where the certificate and its chain go, PEM, relative to the file.</summary>
        public string Certificate { get; init; } = "";

        public SubjectEntry Subject { get; init; } = new();
    }

    internal sealed record SubjectEntry
    {
        public string Country { get; init; } = "";

        public string Organization { get; init; } = "";

        public string? OrganizationIdentifier { get; init; }

        public string CommonName { get; init; } = "";

        /// <summary>C, O, organizationIdentifier, CN (pki-profiles §2.1).</summary>
        internal DistinguishedName ToName() => new(
        [
            new(Oids.Country, Country),
            new(Oids.Organization, Organization),
            .. OrganizationIdentifier is null ? Array.Empty<NameAttribute>() : [new NameAttribute(Oids.OrganizationIdentifier, OrganizationIdentifier)],
            new(Oids.CommonName, CommonName),
        ]);
    }
}

/// <summary>A ceremony that cannot go on.</summary>
/// <param name="message">Why, for the operator.</param>
#pragma warning disable CA1032 // The message is the whole of it.
internal sealed class CeremonyException(string message) : Exception(message);
#pragma warning restore CA1032
