using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Routes calls to gRPC services.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Routes the calls of a service to a class derived from its generated base. The class comes from the call's services if it is
    /// registered there, else one is made for each call. Attributes of the class and of the method become endpoint metadata.
    /// </summary>
    /// <exception cref="InvalidOperationException">AddGrpc was not called, or the class implements no generated service.</exception>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<TService>(this IEndpointRouteBuilder builder)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        var server = builder.ServiceProvider.GetService<GrpcServerCore>()
            ?? throw new InvalidOperationException("call AddGrpc before MapGrpcService");
        var binder = new ServiceMethodBinder<TService>(server);
        binder.Bind();
        var endpoints = new List<IEndpointConventionBuilder>();
        foreach (var (method, handler, metadata) in binder.Methods)
        {
            endpoints.Add(builder.MapPost(method.FullName, handler)
                .WithDisplayName($"gRPC - {method.FullName}")
                .WithMetadata([.. metadata]));
        }
        if (binder.Methods.Count > 0)
            MapUnknownMethods(builder, binder.Methods[0].Method.ServiceName);
        return new GrpcServiceEndpointConventionBuilder(endpoints);
    }

    // An unknown service is answered by HTTP 404, which clients take for UNIMPLEMENTED too.
    private static void MapUnknownMethods(IEndpointRouteBuilder builder, string service) =>
        builder.MapPost($"/{service}/{{unknownMethod}}", static http =>
        {
            if (RequestCheck.TryAccept(http))
                RequestCheck.Refuse(http, StatusCodes.Status200OK, StatusCode.Unimplemented, "the service has no such method");
            return Task.CompletedTask;
        }).WithDisplayName($"gRPC - {service}, unknown methods");
}

/// <summary>Adds conventions to all methods of a service.</summary>
public sealed class GrpcServiceEndpointConventionBuilder : IEndpointConventionBuilder
{
    private readonly List<IEndpointConventionBuilder> _endpoints;

    internal GrpcServiceEndpointConventionBuilder(List<IEndpointConventionBuilder> endpoints) => _endpoints = endpoints;

    /// <inheritdoc/>
    public void Add(Action<EndpointBuilder> convention)
    {
        foreach (var endpoint in _endpoints)
            endpoint.Add(convention);
    }

    /// <inheritdoc/>
    public void Finally(Action<EndpointBuilder> finallyConvention)
    {
        foreach (var endpoint in _endpoints)
            endpoint.Finally(finallyConvention);
    }
}
