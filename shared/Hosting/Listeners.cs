using System.Net;
using System.Security.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Pechat.Hosting;

/// <summary>The two listeners of every service: mutual TLS, and plain HTTP for health only.</summary>
internal static class Listeners
{
    internal static void Configure(KestrelServerOptions kestrel)
    {
        var options = kestrel.ApplicationServices.GetRequiredService<HostingOptions>();
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        kestrel.Limits.Http2.MaxStreamsPerConnection = 256;
        IPAddress address = IPAddress.Parse(options.Address);
        if (options.Port != 0)
            kestrel.Listen(address, options.Port, listener => Internal(listener, kestrel.ApplicationServices.GetRequiredService<PeerCertificates>()));
        if (options.HealthPort != 0)
            kestrel.Listen(address, options.HealthPort, Health);
    }

    private static void Internal(ListenOptions listener, PeerCertificates certificates)
    {
        listener.Protocols = HttpProtocols.Http1AndHttp2;
        listener.UseHttps(https =>
        {
            https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.CheckCertificateRevocation = false;
            https.ClientCertificateValidation = (certificate, _, _) => certificates.TrustsClient(certificate);
            https.ServerCertificateSelector = (_, _) => certificates.Own;
        });
        // Runs after the handshake: the name is read once per connection and cannot be given by a header.
        listener.Use(next => connection =>
        {
            var certificate = connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
            connection.Features.Set(new InternalListener { Peer = certificate is null ? null : PeerName.From(certificate) });
            return next(connection);
        });
    }

    private static void Health(ListenOptions listener)
    {
        listener.Protocols = HttpProtocols.Http1;
        listener.Use(next => connection =>
        {
            connection.Features.Set(new HealthListener());
            return next(connection);
        });
    }
}
