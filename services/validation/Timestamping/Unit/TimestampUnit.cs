using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pechat.Hsm;
using Pechat.Pkcs11;
using Pechat.Pki;

namespace Pechat.Timestamping.Unit;

/// <summary>The time-stamping unit: one key, one certificate (EN 319 421 §7.6).</summary>
/// <param name="Signer">The key.</param>
/// <param name="Certificate">Its certificate.</param>
/// <param name="Chain">CA certificates to carry, issuing CA first, without the root.</param>
/// <param name="SignsUntil">End of the private key's use: privateKeyUsagePeriod, or the certificate's end without one.</param>
internal sealed record TimestampUnit(ISigner Signer, Certificate Certificate, IReadOnlyList<Certificate> Chain, DateTimeOffset SignsUntil)
{
    /// <summary>Finds the key in the token and checks that the certificate is a TSU's and certifies this key.</summary>
    /// <exception cref="InvalidOperationException">Key or certificate do not fit; the text says what to do.</exception>
    internal static async Task<TimestampUnit> OpenAsync(TokenPool pool, TimestampingOptions options, CancellationToken ct)
    {
        var (signer, publicKey) = await HsmSigner.FindAsync(pool, options.KeyLabel, ct)
            ?? throw new InvalidOperationException($"The token has no key pair {options.KeyLabel}; run the verb init.");
        if (!File.Exists(options.CertificateFile))
            throw new InvalidOperationException($"Timestamping:CertificateFile names no file: let the CA certify the request that the verb init wrote.");
        Certificate certificate = ReadPem(options.CertificateFile)[0];
        if (!certificate.PublicKey.Encoded.Span.SequenceEqual(publicKey.Encoded.Span))
            throw new InvalidOperationException($"The certificate in {options.CertificateFile} is not for the key {options.KeyLabel}.");
        // RFC 3161 §2.3: critical, and time stamping only.
        if (certificate.Find(Oids.ExtendedKeyUsage) is not { Critical: true } || certificate.ExtendedKeyUsages() is not [Oids.KpTimeStamping])
            throw new InvalidOperationException($"The certificate in {options.CertificateFile} is not for time stamping only.");
        var chain = options.ChainFile is null ? [] : ReadPem(options.ChainFile).Where(c => !c.Issuer.Equals(c.Subject)).ToArray();
        return new(signer, certificate, chain, certificate.PrivateKeyUsagePeriod()?.NotAfter ?? certificate.NotAfter);
    }

    private static List<Certificate> ReadPem(string file)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(file);
        if (certificates.Count == 0)
            throw new CryptographicException($"{file} holds no certificate");
        return [.. certificates.Select(c => Certificate.Parse(c.RawData))];
    }
}
