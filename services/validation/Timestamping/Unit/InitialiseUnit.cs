using System.Security.Cryptography;
using Pechat.Hosting;
using Pechat.Hsm;
using Pechat.Pkcs11;
using Pechat.Pki;

namespace Pechat.Timestamping.Unit;

/// <summary>Verb <c>init</c>: makes the TSU's key in the token unless it is there, and writes a certificate request for it.</summary>
internal static class InitialiseUnit
{
    internal const string Verb = "init";

    internal static async Task<bool> RunIfAskedAsync(string[] args)
    {
        if (args is not [Verb])
            return false;
        using var configuration = new ConfigurationManager();
        configuration.AddEnvironmentVariables();
        Defaults.AddConfigurationFile(configuration);
        using TokenPool pool = HsmBuilder.Open(ValidatedOptions.Read<HsmOptions>(configuration, "Hsm"));
        await RunAsync(pool, ValidatedOptions.Read<TimestampingOptions>(configuration, "Timestamping"), CancellationToken.None);
        return true;
    }

    internal static async Task RunAsync(TokenPool pool, TimestampingOptions options, CancellationToken ct)
    {
        string file = options.RequestFile
            ?? throw new InvalidOperationException("Timestamping:RequestFile must name the file for the certificate request.");
        if (await pool.FindKeyAsync(options.KeyLabel, ct: ct) is null)
            await pool.GenerateKeyPairAsync(KeyPairAlgorithm.P256, options.KeyLabel, ct);
        var (signer, publicKey) = await HsmSigner.FindAsync(pool, options.KeyLabel, ct)
            ?? throw new InvalidOperationException($"The token kept no key pair {options.KeyLabel}.");
        var subject = new DistinguishedName([new(Oids.CommonName, options.KeyLabel)]); // the CA's profile sets the certified name
        byte[] request = await CertificationRequest.SignAsync(subject, publicKey, signer, ct);
        await File.WriteAllTextAsync(file, new string(PemEncoding.Write("CERTIFICATE REQUEST", request)) + "\n", ct);
        Console.WriteLine($"Certificate request of {options.KeyLabel} written to {file}");
    }
}
