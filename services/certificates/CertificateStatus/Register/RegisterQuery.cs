using System.Buffers.Text;
using System.Text;
using Pechat.Contracts;

namespace Pechat.CertificateStatus.Register;

/// <summary>What is looked for, checked: at least one criterion of three characters (R-220), and no personal number in any.</summary>
internal sealed record RegisterQuery
{
    internal const int MinCharacters = 3, MaxCharacters = 200, MaxPageSize = 50;
    private const int MaxToken = 4000;

    /// <summary>Status words of a query; <c>invalid</c> is revoked or expired (R-221).</summary>
    internal static readonly string[] Statuses = ["valid", "suspended", "revoked", "expired", "invalid"];

    /// <summary>Key that the name begins with, from any of its words on.</summary>
    internal string? Name { get; private init; }

    /// <summary>Key that the organisation begins with, from any of its words on.</summary>
    internal string? Organisation { get; private init; }

    /// <summary>The whole address, lower case.</summary>
    internal string? Email { get; private init; }

    /// <summary>The whole serial number, upper-case hex.</summary>
    internal string? Serial { get; private init; }

    /// <summary>One of <see cref="Statuses"/>; null for any.</summary>
    internal string? Status { get; private init; }

    internal int Limit { get; private init; }

    /// <summary>Key and serial number of the last row of the page before.</summary>
    internal (string Key, string Serial) After { get; private init; }

    /// <exception cref="FaultException">criterion_missing, criterion_too_short, criterion_too_long, personal_number, invalid_serial, invalid_status, invalid_limit or invalid_after.</exception>
    internal static RegisterQuery Parse(string? name, string? organisation, string? email, string? serial, string? status, string? after, int? limit)
    {
        if (new[] { name, organisation, email, serial }.All(string.IsNullOrWhiteSpace))
            throw FaultException.Invalid("criterion_missing", "give a name, an organisation, an e-mail address or a serial number");
        if (limit is < 1 or > MaxPageSize)
            throw FaultException.Invalid("invalid_limit", $"limit must lie between 1 and {MaxPageSize}");
        if (!string.IsNullOrEmpty(status) && !Statuses.Contains(status))
            throw FaultException.Invalid("invalid_status", $"status must be one of {string.Join(", ", Statuses)}");
        return new RegisterQuery
        {
            Name = Criterion("name", name, SearchKey.Of),
            Organisation = Criterion("organisation", organisation, SearchKey.Of),
            Email = Criterion("email", email, address => address.Trim().ToLowerInvariant()),
            Serial = Criterion("serial", serial, Hex),
            Status = string.IsNullOrEmpty(status) ? null : status,
            Limit = limit ?? MaxPageSize,
            After = string.IsNullOrEmpty(after) ? ("", "") : Read(after),
        };
    }

    /// <summary>The token with which the page after a row is asked for.</summary>
    internal static string TokenOf(string key, string serial) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{serial} {key}"));

    private static string? Criterion(string what, string? text, Func<string, string> normalise)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        if (text.Length > MaxCharacters)
            throw FaultException.Invalid("criterion_too_long", $"{what} may have at most {MaxCharacters} characters");
        if (text.Any(char.IsControl))
            throw FaultException.Invalid("criterion_malformed", $"{what} holds a control character"); // PostgreSQL knows no NUL
        if (PersonalNumber.IsIn(text))
            throw FaultException.Invalid("personal_number", "the register cannot be searched by personal number");
        if (text.Count(char.IsLetterOrDigit) < MinCharacters)
            throw FaultException.Invalid("criterion_too_short", $"{what} needs at least {MinCharacters} letters or digits");
        return normalise(text);
    }

    private static string Hex(string text)
    {
        string hex = text.Replace(":", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        return hex.All(char.IsAsciiHexDigit) ? hex : throw FaultException.Invalid("invalid_serial", "serial must be hexadecimal");
    }

    private static (string Key, string Serial) Read(string token)
    {
        if (token.Length > MaxToken || !Base64Url.IsValid(token) || Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split(' ', 2) is not [var serial, var key]
            || serial.Length == 0 || !serial.All(char.IsAsciiHexDigit) || key.Contains('\0', StringComparison.Ordinal))
            throw FaultException.Invalid("invalid_after", "after must be the value of next of the page before");
        return (key, serial);
    }
}
