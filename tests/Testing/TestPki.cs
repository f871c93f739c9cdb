using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Pechat.Testing;

/// <summary>An internal CA for tests, and certificates of it as files.</summary>
public sealed class TestPki : IDisposable
{
    private static readonly DateTimeOffset NotBefore = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly DateTimeOffset NotAfter = NotBefore.AddYears(60); // tests move their clocks by decades
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private TestPki(string name)
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("pechat-pki-").FullName;
        var request = new CertificateRequest("CN=" + name, _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Authority = request.CreateSelfSigned(NotBefore, NotAfter);
        AuthorityFile = Path.Combine(Directory, "authority.pem");
        File.WriteAllText(AuthorityFile, Authority.ExportCertificatePem());
    }

    /// <summary>Where the files are.</summary>
    public string Directory { get; }

    /// <summary>The CA's certificate.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>PEM file of <see cref="Authority"/>.</summary>
    public string AuthorityFile { get; }

    /// <summary>Makes a CA.</summary>
    public static TestPki Create(string name = "Test internal CA") => new(name);

    /// <summary>A certificate for a service, as files and as an object with its key.</summary>
    /// <param name="service">Name in kebab case.</param>
    /// <param name="uri">What stands in the subjectAltName instead of <c>spiffe://pechat/&lt;service&gt;</c>.</param>
    /// <param name="notAfter">End of validity.</param>
    public ServiceCertificate Issue(string service, string? uri = null, DateTimeOffset? notAfter = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + service, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(uri ?? "spiffe://pechat/" + service));
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        using X509Certificate2 certificate = request.Create(Authority, NotBefore, notAfter ?? NotAfter.AddDays(-1), RandomNumberGenerator.GetBytes(16));
        string stem = Path.Combine(Directory, $"{service}-{Guid.NewGuid():N}");
        File.WriteAllText(stem + ".pem", certificate.ExportCertificatePem());
        File.WriteAllText(stem + ".key", key.ExportPkcs8PrivateKeyPem());
        return new(stem + ".pem", stem + ".key", X509Certificate2.CreateFromPemFile(stem + ".pem", stem + ".key"));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _key.Dispose();
        Authority.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}

/// <summary>A service's certificate.</summary>
/// <param name="CertificateFile">PEM file.</param>
/// <param name="KeyFile">PEM file, PKCS#8.</param>
/// <param name="Certificate">With its private key.</param>
public sealed record ServiceCertificate(string CertificateFile, string KeyFile, X509Certificate2 Certificate);
