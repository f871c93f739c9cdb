using System.Globalization;
using Pechat.Pki;

namespace Pechat.CertificateAuthority.Issuance;

/// <summary>Whom a profile certifies.</summary>
internal enum HolderKind
{
    /// <summary>EN 319 412-2.</summary>
    NaturalPerson,

    /// <summary>A time-stamping unit of ours (EN 319 421).</summary>
    TimestampUnit,
}

/// <summary>What certificates of one kind look like: data in a YAML file, checked before it is used.</summary>
internal sealed record Profile
{
    public string Name { get; init; } = "";

    /// <summary>Authority that issues it.</summary>
    public string Issuer { get; init; } = "people-ca";

    public HolderKind Holder { get; init; }

    /// <summary>Validity in whole years.</summary>
    public int Years { get; init; }

    /// <summary>Years within which a TSU signs; 0 leaves privateKeyUsagePeriod out.</summary>
    public int SigningYears { get; init; }

    /// <summary>Kinds of key: P-256, P-384, RSA-2048, RSA-3072, RSA-4096.</summary>
    public IList<string> Keys { get; init; } = [];

    public IList<KeyUsages> KeyUsage { get; init; } = [];

    /// <summary>Purposes, dotted; critical for a TSU.</summary>
    public IList<string> ExtendedKeyUsage { get; init; } = [];

    public IList<PolicyEntry> Policies { get; init; } = [];

    /// <summary>Statements of a qualified certificate; null for others.</summary>
    public QualifiedEntry? Qualified { get; init; }

    internal bool IsForDevice => Policies.Any(each => each.Oid is Oids.PolicyQcpNaturalQscd or Oids.PolicyQcpLegalQscd);

    internal KeyUsages Usage => KeyUsage.Aggregate(KeyUsages.None, (all, each) => all | each);

    /// <summary>Everything that is wrong with the profile (pki-profiles: EN 319 412-2 §4, EN 319 412-5 §4).</summary>
    internal IEnumerable<string> Problems()
    {
        if (Name.Length == 0 || !Name.All(each => char.IsAsciiLetterLower(each) || char.IsAsciiDigit(each) || each == '-'))
            yield return "name must be lower-case letters, digits and hyphens";
        if (Years is < 1 or > 10)
            yield return "years must lie between 1 and 10";
        if (SigningYears < 0 || SigningYears >= Math.Max(Years, 1))
            yield return "signingYears must be less than years";
        if (Keys.Count == 0 || Keys.Any(each => !KeyKind.Known.Contains(each)))
            yield return $"keys must be some of {string.Join(", ", KeyKind.Known)}";
        if (Policies.Select(each => each.Oid).Distinct().Count() != Policies.Count || Policies.Any(each => each.Oid == Oids.AnyPolicy))
            yield return "policies must differ, and anyPolicy is for CAs";
        if (Policies.Any(each => each.Cps is not null && !Uri.TryCreate(each.Cps, UriKind.Absolute, out _)))
            yield return "cps must be a URL";
        foreach (string problem in Holder == HolderKind.NaturalPerson ? PersonProblems() : UnitProblems())
            yield return problem;
    }

    private IEnumerable<string> PersonProblems()
    {
        // EN 319 412-2 §4.3.2: type A, B; F's encipherment has no place beside a signature key in a QSCD
        if (Usage is not (KeyUsages.NonRepudiation or (KeyUsages.NonRepudiation | KeyUsages.DigitalSignature)))
            yield return "keyUsage must be nonRepudiation, with or without digitalSignature";
        if (ExtendedKeyUsage.Any(each => each is not Oids.KpDocumentSigning))
            yield return "extendedKeyUsage may only be document signing";
        string[] qualifiedPolicies = [.. Policies.Select(each => each.Oid).Where(each => each.StartsWith("0.4.0.194112.1.", StringComparison.Ordinal))];
        if (Qualified is null)
        {
            if (qualifiedPolicies.Length > 0)
                yield return "a qualified policy needs qualified statements";
            yield break;
        }
        if (qualifiedPolicies is not [Oids.PolicyQcpNatural or Oids.PolicyQcpNaturalQscd])
            yield return "a qualified certificate for a natural person has exactly one of the policies QCP-n and QCP-n-qscd";
        if (Qualified.Device != IsForDevice)
            yield return "QCP-n-qscd goes with qualified.device and with nothing else";
        if (!Qualified.Disclosures.Any(each => each.Language == "en"))
            yield return "a disclosure statement in English is needed";
        if (Qualified.Disclosures.Any(each => !each.Url.StartsWith("https://", StringComparison.Ordinal) || each.Language.Length != 2 || !each.Language.All(char.IsAsciiLetterLower)))
            yield return "disclosures need an https URL and a language of two lower-case letters";
        if (Qualified.RegistrationAuthorities.Any(each => each.Key.Length != 2 || !each.Key.All(char.IsAsciiLetterUpper) || !Uri.TryCreate(each.Value, UriKind.Absolute, out _)))
            yield return "registrationAuthorities map a national scheme of two capitals to a URL";
    }

    private IEnumerable<string> UnitProblems()
    {
        if (Usage is not (KeyUsages.DigitalSignature or KeyUsages.NonRepudiation or (KeyUsages.NonRepudiation | KeyUsages.DigitalSignature)))
            yield return "keyUsage of a TSU must be digitalSignature, nonRepudiation or both";
        if (ExtendedKeyUsage is not [Oids.KpTimeStamping])
            yield return "extendedKeyUsage of a TSU is time stamping and nothing else (RFC 3161 §2.3)";
        if (Qualified is not null)
            yield return "a TSU's certificate carries no qualified statements";
    }

    internal sealed record PolicyEntry
    {
        public string Oid { get; init; } = "";

        public string? Cps { get; init; }
    }

    internal sealed record QualifiedEntry
    {
        /// <summary>QcSSCD.</summary>
        public bool Device { get; init; }

        public IList<DisclosureEntry> Disclosures { get; init; } = [];

        /// <summary>Authority behind each national scheme of EN 319 412-1 §5.1.3, e.g. PI for the Bulgarian number of foreigners.</summary>
        public IDictionary<string, string> RegistrationAuthorities { get; init; } = new Dictionary<string, string>();
    }

    internal sealed record DisclosureEntry
    {
        public string Url { get; init; } = "";

        public string Language { get; init; } = "";
    }
}

/// <summary>Names of the kinds of key that may be certified.</summary>
internal static class KeyKind
{
    internal static IReadOnlyList<string> Known { get; } = ["P-256", "P-384", "RSA-2048", "RSA-3072", "RSA-4096"];

    internal static string? Of(SubjectPublicKey key) => key switch
    {
        { Curve: Oids.CurveP256 } => "P-256",
        { Curve: Oids.CurveP384 } => "P-384",
        { RsaModulusBits: { } bits } => string.Create(CultureInfo.InvariantCulture, $"RSA-{bits}"),
        _ => null,
    };
}
