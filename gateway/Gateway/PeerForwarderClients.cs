using Pechat.Hosting;
using Yarp.ReverseProxy.Forwarder;

namespace Pechat.Gateway;

/// <summary>Forwards over mutual TLS: each cluster is a peer and must show that peer's certificate.</summary>
internal sealed class PeerForwarderClients(IServiceProvider services) : IForwarderHttpClientFactory
{
    public HttpMessageInvoker CreateClient(ForwarderHttpClientContext context) =>
        context.OldClient ?? new HttpMessageInvoker(services.CreatePeerHandler(context.ClusterId));
}
