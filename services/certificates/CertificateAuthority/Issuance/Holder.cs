using System.Net.Mail;
using System.Text.RegularExpressions;
using Pechat.Contracts;
using Pechat.Pki;

namespace Pechat.CertificateAuthority.Issuance;

/// <summary>The subject of a certificate: identity as it was proofed, in the shape that its profile asks for.</summary>
/// <param name="Name">Subject name, most general attribute first.</param>
/// <param name="Email">rfc822Name; null for none.</param>
/// <param name="NationalScheme">Scheme of a national identifier (<c>PI</c> of <c>PI:BG-…</c>); null for the common types.</param>
internal sealed partial record Holder(DistinguishedName Name, string? Email, string? NationalScheme)
{
    /// <summary>A natural person (EN 319 412-2 §4.2.4).</summary>
    /// <exception cref="FaultException">invalid_subject: an attribute is missing, malformed, or has no place in the profile.</exception>
    internal static Holder Person(Contracts.CertificateAuthority.V1.Subject? subject, Profile profile)
    {
        if (subject is null)
            throw Invalid("the subject is missing");
        if (subject.Organization.Length > 0 || subject.OrganizationIdentifier.Length > 0)
            throw Invalid($"the profile {profile.Name} names a person and no organisation");
        if (!Country().IsMatch(subject.Country))
            throw Invalid("country must be two capital letters");
        if (subject.GivenName.Length == 0 && subject.Surname.Length == 0)
            throw Invalid("a given name or a surname is needed");
        Match identifier = Identifier().Match(subject.SerialNumber);
        if (!identifier.Success)
            throw Invalid("serial_number must be an identifier such as PNOBG-8001014509 or PI:BG-1000000000 (EN 319 412-1 §5.1.3)");
        string? scheme = identifier.Groups["scheme"] is { Success: true } group ? group.Value : null;
        if (scheme is not null && profile.Qualified?.RegistrationAuthorities.ContainsKey(scheme) != true)
            throw Invalid($"no authority is known for the national scheme {scheme}");
        NameAttribute[] attributes =
        [
            new(Oids.Country, subject.Country),
            new(Oids.GivenName, Text("given_name", subject.GivenName)),
            new(Oids.Surname, Text("surname", subject.Surname)),
            new(Oids.SerialNumber, subject.SerialNumber),
            new(Oids.CommonName, Text("common_name", subject.CommonName)),
        ];
        if (subject.CommonName.Length == 0)
            throw Invalid("a common name is needed");
        return new Holder(new DistinguishedName([.. attributes.Where(each => each.Value.Length > 0)]), Address(subject.Email), scheme);
    }

    private static string Text(string field, string value)
    {
        if (value.Length > 200 || value != value.Trim() || value.Any(char.IsControl) || !value.IsNormalized())
            throw Invalid($"{field} must be trimmed NFC text without control characters, at most 200 characters");
        return value;
    }

    private static string? Address(string email)
    {
        if (email.Length == 0)
            return null;
        // RFC 5280 §4.2.1.6: rfc822Name is an ASCII mailbox without a display name
        bool good = email.Length <= 254 && email.All(char.IsAscii) && MailAddress.TryCreate(email, out MailAddress? parsed) && parsed.Address == email;
        return good ? email : throw Invalid("email must be an ASCII mailbox");
    }

    private static FaultException Invalid(string detail) => FaultException.Invalid("invalid_subject", detail);

    [GeneratedRegex("^[A-Z]{2}$")]
    private static partial Regex Country();

    [GeneratedRegex(@"^(PAS|IDC|PNO|TIN|(?<scheme>[A-Z]{2}):)[A-Z]{2}-[A-Za-z0-9+\-./]{1,50}$")]
    private static partial Regex Identifier();
}
