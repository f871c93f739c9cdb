using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Endpoint metadata that tell which method of which service an endpoint is.</summary>
/// <param name="serviceType">The class that implements the service.</param>
/// <param name="method">The method.</param>
public sealed class GrpcMethodMetadata(Type serviceType, IMethod method)
{
    /// <summary>The class that implements the service.</summary>
    public Type ServiceType { get; } = serviceType;

    /// <summary>The method.</summary>
    public IMethod Method { get; } = method;
}
