using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pechat.Contracts.Identity.V1;

namespace Pechat.Registration.Requests;

/// <summary>The subject as the certificate will carry it, which the applicant sees and agrees to .</summary>
/// <param name="CommonName">Name.</param>
/// <param name="GivenName">Given name.</param>
/// <param name="Surname">Surname.</param>
/// <param name="SerialNumber">Identifier of the person (EN 319 412-1 §5.1.3).</param>
/// <param name="Country">ISO 3166-1 alpha-2.</param>
/// <param name="Email">E-mail address.</param>
/// <param name="Publication">What the public register may tell: <c>certificate</c> or <c>status</c>; null for the name and the status .</param>
internal sealed record CertificateData(string CommonName, string GivenName, string Surname, string SerialNumber, string Country, string Email,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Publication = null)
{
    // As JSON.stringify writes it, so that the phone hashes the same text.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static CertificateData Of(Customer customer, string? publication) => new(
        $"{customer.Person.GivenName} {customer.Person.Surname}", customer.Person.GivenName, customer.Person.Surname,
        customer.Person.SerialNumber, customer.Person.Country, customer.Email, publication);

    internal static CertificateData Read(string text) => JsonSerializer.Deserialize<CertificateData>(text, Json)!;

    internal string Write() => JsonSerializer.Serialize(this, Json);

    /// <summary>base64url SHA-256 of the text that was shown.</summary>
    internal static string Hash(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
