using System.Formats.Asn1;
using System.Security.Cryptography;
using Pechat.SignatureActivation.Jose;

namespace Pechat.SignatureActivation.Enrolment;

/// <summary>Public keys of the identity verifiers that configuration names; nobody else vouches for a person.</summary>
internal sealed class TrustedVerifiers
{
    private readonly Jwk[] _keys;

    /// <exception cref="InvalidOperationException">A file holds no P-256 public key: the start is refused.</exception>
    internal TrustedVerifiers(SignatureActivationOptions options) => _keys = [.. options.TrustedVerifiers.Select(Load)];

    /// <summary>The payload of an assertion that one of them signed.</summary>
    /// <exception cref="JoseException">Nobody trusted signed it, or it has another shape.</exception>
    internal T Verify<T>(Jws assertion) where T : class =>
        assertion.Verify<T>(Array.Find(_keys, assertion.IsSignedBy) ?? throw new JoseException("no trusted verifier signed it"));

    private static Jwk Load(string file)
    {
        string text = File.ReadAllText(file).Trim();
        try
        {
            return text.StartsWith('{') ? Jwk.Parse(text) : Jwk.FromPublicKeyInfo(FromPem(text));
        }
        catch (Exception exception) when (exception is JoseException or ArgumentException or AsnContentException)
        {
            throw new InvalidOperationException($"{file} holds no public key on P-256", exception);
        }
    }

    private static byte[] FromPem(string text)
    {
        PemFields fields = PemEncoding.Find(text);
        if (text[fields.Label] != "PUBLIC KEY")
            throw new ArgumentException("the PEM label is not PUBLIC KEY", nameof(text));
        return Convert.FromBase64String(text[fields.Base64Data]);
    }
}
