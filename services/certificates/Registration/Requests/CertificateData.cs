using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pechat.Contracts.Identity.V1;

namespace Pechat.Registration.Requests;

/// <summary>The subject as the certificate will carry it, which the applicant sees and agrees to .</summary>
internal sealed record CertificateData(string CommonName, string GivenName, string Surname, string SerialNumber, string Country, string Email)
{
    // As JSON.stringify writes it, so that the phone hashes the same text.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static CertificateData Of(Customer customer) => new(
        $"{customer.Person.GivenName} {customer.Person.Surname}", customer.Person.GivenName, customer.Person.Surname,
        customer.Person.SerialNumber, customer.Person.Country, customer.Email);

    internal static CertificateData Read(string text) => JsonSerializer.Deserialize<CertificateData>(text, Json)!;

    internal string Write() => JsonSerializer.Serialize(this, Json);

    /// <summary>base64url SHA-256 of the text that was shown.</summary>
    internal static string Hash(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
