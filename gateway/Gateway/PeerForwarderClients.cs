using Yarp.ReverseProxy.Forwarder;

namespace Pechat.Gateway;

/// <summary>Forwards over the house's mutual TLS: each cluster is a peer and must show that peer's certificate.</summary>
internal sealed class PeerForwarderClients(IHttpMessageHandlerFactory handlers) : IForwarderHttpClientFactory
{
    public HttpMessageInvoker CreateClient(ForwarderHttpClientContext context) =>
        context.OldClient ?? new HttpMessageInvoker(handlers.CreateHandler(context.ClusterId), disposeHandler: false);
}
