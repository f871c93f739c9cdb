using System.Formats.Asn1;
using System.Security.Cryptography;
using Pechat.AdES.Validation;
using Pechat.Hosting;
using Pechat.Pki;

namespace Pechat.Validation.Material;

/// <summary>The configured certificates, read once at the start.</summary>
internal sealed class TrustStore
{
    public TrustStore(ValidationOptions options) => Configured = ValidationMaterial.FromTrusted(
        [.. options.TrustAnchors.SelectMany(Read)], [.. options.Intermediates.SelectMany(Read)]);

    /// <summary>Anchors and intermediates, with nothing of a document yet.</summary>
    internal ValidationMaterial Configured { get; }

    private static List<Certificate> Read(string file)
    {
        var certificates = new List<Certificate>();
        ReadOnlySpan<char> text = File.ReadAllText(file);
        while (PemEncoding.TryFind(text, out PemFields fields))
        {
            try
            {
                if (text[fields.Label] is "CERTIFICATE")
                    certificates.Add(Certificate.Parse(Convert.FromBase64String(text[fields.Base64Data].ToString())));
            }
            catch (AsnContentException e)
            {
                throw new ConfigurationException([$"Validation:TrustAnchors: {file} holds a malformed certificate: {e.Message}"]);
            }
            text = text[fields.Location.End..];
        }
        return certificates.Count > 0 ? certificates : throw new ConfigurationException([$"Validation:TrustAnchors: {file} holds no certificate"]);
    }
}
