using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Pechat.Gateway;

/// <summary>The three doors as Kestrel listeners, and which one a request came through.</summary>
internal static class Doorway
{
    internal static void Configure(KestrelServerOptions kestrel)
    {
        var options = kestrel.ApplicationServices.GetRequiredService<GatewayOptions>();
        kestrel.Limits.MaxRequestBodySize = Surface.All.Max(s => s.MaxBodyBytes); // each route has its own, smaller limit
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));
        IPAddress address = IPAddress.Parse(options.Address);
        X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(options.CertificateFile, options.KeyFile);
        foreach (int port in new[] { options.PublicPort, options.AuthenticatorPort })
        {
            kestrel.Listen(address, port, listener =>
            {
                listener.Protocols = HttpProtocols.Http1AndHttp2;
                listener.UseHttps(https =>
                {
                    https.ServerCertificate = certificate;
                    https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
                });
            });
        }
        kestrel.Listen(address, options.PlainPort, listener => listener.Protocols = HttpProtocols.Http1);
    }

    /// <summary>The door of a request: by its port, or by its host where hosts share a port.</summary>
    internal static Doors Of(HttpContext context, GatewayOptions options)
    {
        if (context.Connection.LocalPort == options.PlainPort)
            return Doors.Plain;
        bool authenticator = context.Connection.LocalPort == options.AuthenticatorPort
            || options.AuthenticatorHosts.Contains(context.Request.Host.Host, StringComparer.OrdinalIgnoreCase);
        return authenticator ? Doors.Authenticator : Doors.Public;
    }
}
