using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Properties of a caller's TLS certificate under their usual names.</summary>
internal static class PeerCertificate
{
    private const string CommonName = "x509_common_name";
    private const string AlternativeName = "x509_subject_alternative_name";

    internal static AuthContext Describe(X509Certificate2? certificate)
    {
        if (certificate is null)
            return new AuthContext(null, []);
        var properties = new Dictionary<string, List<AuthProperty>>();
        string commonName = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        if (commonName.Length > 0)
            properties[CommonName] = [AuthProperty.Create(CommonName, Encoding.UTF8.GetBytes(commonName))];
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(extension => extension.EnumerateDnsNames())
            .Select(name => AuthProperty.Create(AlternativeName, Encoding.UTF8.GetBytes(name)))
            .ToList();
        if (names.Count > 0)
            properties[AlternativeName] = names;
        string? identity = names.Count > 0 ? AlternativeName : properties.Keys.FirstOrDefault();
        return new AuthContext(identity, properties);
    }
}
