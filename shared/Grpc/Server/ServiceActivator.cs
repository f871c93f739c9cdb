using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Gives each call its service: the registered one, or one made for the call and disposed after it.</summary>
internal static class ServiceActivator<TService>
    where TService : class
{
    private static readonly ObjectFactory<TService> Factory = ActivatorUtilities.CreateFactory<TService>([]);

    internal static Lease Rent(IServiceProvider services) =>
        services.GetService<TService>() is { } registered ? new Lease(registered, false) : new Lease(Factory(services, []), true);

    internal readonly struct Lease(TService service, bool made) : IAsyncDisposable
    {
        internal TService Service => service;

        public ValueTask DisposeAsync()
        {
            if (!made)
                return default;
            if (service is IAsyncDisposable asynchronous)
                return asynchronous.DisposeAsync();
            (service as IDisposable)?.Dispose();
            return default;
        }
    }
}
