using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Pechat.DevHost.Setup;

/// <summary>Certificates that exist on this machine only: the internal CA with one certificate per service, and a TLS root with the gateway's.</summary>
internal static class DevelopmentCertificates
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(397);
    private static readonly TimeSpan Spare = TimeSpan.FromDays(30);

    public static string InternalCa(Layout layout) => Path.Combine(layout.Certificates, "internal-ca.pem");

    public static string TlsRoot(Layout layout) => Path.Combine(layout.Certificates, "tls-root.pem");

    public static string PublicServer(Layout layout) => Path.Combine(layout.Certificates, "public.pem");

    public static string Certificate(Layout layout, Service service) => Path.Combine(layout.Certificates, $"{service.Name}.pem");

    /// <summary>The private key that belongs to a certificate file.</summary>
    public static string KeyOf(string certificateFile) => Path.ChangeExtension(certificateFile, ".key");

    /// <summary>Makes what is missing or soon expires; all of it, so that everything is issued by the CA that stands there.</summary>
    public static void Create(Layout layout, DateTimeOffset now)
    {
        if (IsFresh(layout, now))
            return;
        using (X509Certificate2 ca = CreateCa("Pechat development internal CA", InternalCa(layout), now))
        {
            foreach (Service service in Service.All)
                CreateLeaf(ca, service.Name, Certificate(layout, service), new($"spiffe://pechat/{service.Name}"), now);
        }
        using X509Certificate2 root = CreateCa("Pechat development TLS root", TlsRoot(layout), now);
        CreateLeaf(root, "localhost", PublicServer(layout), null, now);
    }

    private static bool IsFresh(Layout layout, DateTimeOffset now) =>
        Service.All.Select(s => Certificate(layout, s)).Append(PublicServer(layout)).All(file =>
        {
            if (!File.Exists(file) || !File.Exists(KeyOf(file)))
                return false;
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile(file);
            return certificate.NotAfter.ToUniversalTime() > now.UtcDateTime + Spare;
        });

    private static X509Certificate2 CreateCa(string name, string file, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        X509Certificate2 ca = request.CreateSelfSigned(now.AddHours(-1), now + Lifetime + Spare);
        File.WriteAllText(file, ca.ExportCertificatePem() + "\n");
        return ca; // its key is kept by nobody: the next CA replaces this one whole
    }

    private static void CreateLeaf(X509Certificate2 ca, string name, string file, Uri? identity, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (identity is not null)
            names.AddUri(identity);
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        var usages = new OidCollection { new Oid("1.3.6.1.5.5.7.3.1") }; // server
        if (identity is not null)
            usages.Add(new Oid("1.3.6.1.5.5.7.3.2")); // and client
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(ca, true, false));
        using X509Certificate2 certificate = request.Create(ca, now.AddHours(-1), now + Lifetime, RandomNumberGenerator.GetBytes(16));
        var secret = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using (var writer = new StreamWriter(KeyOf(file), secret))
            writer.Write(key.ExportPkcs8PrivateKeyPem() + "\n");
        File.WriteAllText(file, certificate.ExportCertificatePem() + "\n");
    }
}
