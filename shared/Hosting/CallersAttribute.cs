using Grpc.AspNetCore.Server;

namespace Pechat.Hosting;

/// <summary>Lists the services that may call a gRPC method. A method without it is refused to everybody.</summary>
/// <param name="services">Names in kebab case.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CallersAttribute(params string[] services) : Attribute
{
    /// <summary>Names in kebab case.</summary>
    public IReadOnlyList<string> Services { get; } = services;
}

/// <summary>Tells gRPC endpoints from others by what routing knows of them; a request's headers have no say.</summary>
internal static class GrpcCallers
{
    internal static bool IsGrpc(HttpContext context) => context.GetEndpoint() is { } endpoint && IsGrpc(endpoint);

    internal static bool IsGrpc(Endpoint endpoint) => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is not null;
}
