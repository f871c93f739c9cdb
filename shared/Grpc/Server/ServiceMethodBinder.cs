using System.Reflection;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server;

/// <summary>One method ready to be routed to.</summary>
internal sealed record MappedMethod(IMethod Method, RequestDelegate Handler, IReadOnlyList<object> Metadata);

/// <summary>
/// Collects the methods of a service and builds for each the way a call takes: interceptors, outermost first, then the handler.
/// All reflection happens here, once.
/// </summary>
internal sealed class ServiceMethodBinder<TService>(GrpcServerCore server) : ServiceBinderBase
    where TService : class
{
    internal List<MappedMethod> Methods { get; } = [];

    /// <summary>Lets the generated code of the service's base class list its methods.</summary>
    internal void Bind()
    {
        for (Type? type = typeof(TService); type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is not { } attribute)
                continue;
            MethodInfo bind = attribute.BindType.GetMethod(attribute.BindMethodName, [typeof(ServiceBinderBase), type])
                ?? throw new InvalidOperationException($"{attribute.BindType} has no {attribute.BindMethodName}");
            bind.Invoke(null, [this, null]);
            return;
        }
        throw new InvalidOperationException($"{typeof(TService)} is not derived from a generated service");
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        MethodInfo implementation = Find(method, typeof(TRequest), typeof(ServerCallContext));
        var invoke = implementation.CreateDelegate<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>();
        UnaryServerMethod<TRequest, TResponse> pipeline = async (request, context) =>
        {
            await using var lease = ServiceActivator<TService>.Rent(context.GetHttpContext().RequestServices);
            return await invoke(lease.Service, request, context);
        };
        foreach (var registration in server.Options.Interceptors.Reverse())
        {
            var next = pipeline;
            pipeline = (request, context) => Resolve(registration, context).UnaryServerHandler(request, context, next);
        }
        Add(method, implementation, new UnaryCallHandler<TRequest, TResponse>(method, server, pipeline).HandleAsync);
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        MethodInfo implementation = Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
        var invoke = implementation.CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>();
        ClientStreamingServerMethod<TRequest, TResponse> pipeline = async (requests, context) =>
        {
            await using var lease = ServiceActivator<TService>.Rent(context.GetHttpContext().RequestServices);
            return await invoke(lease.Service, requests, context);
        };
        foreach (var registration in server.Options.Interceptors.Reverse())
        {
            var next = pipeline;
            pipeline = (requests, context) => Resolve(registration, context).ClientStreamingServerHandler(requests, context, next);
        }
        Add(method, implementation, new ClientStreamingCallHandler<TRequest, TResponse>(method, server, pipeline).HandleAsync);
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        MethodInfo implementation = Find(method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var invoke = implementation.CreateDelegate<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        ServerStreamingServerMethod<TRequest, TResponse> pipeline = async (request, responses, context) =>
        {
            await using var lease = ServiceActivator<TService>.Rent(context.GetHttpContext().RequestServices);
            await invoke(lease.Service, request, responses, context);
        };
        foreach (var registration in server.Options.Interceptors.Reverse())
        {
            var next = pipeline;
            pipeline = (request, responses, context) =>
                Resolve(registration, context).ServerStreamingServerHandler(request, responses, context, next);
        }
        Add(method, implementation, new ServerStreamingCallHandler<TRequest, TResponse>(method, server, pipeline).HandleAsync);
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        MethodInfo implementation = Find(
            method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var invoke = implementation
            .CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        DuplexStreamingServerMethod<TRequest, TResponse> pipeline = async (requests, responses, context) =>
        {
            await using var lease = ServiceActivator<TService>.Rent(context.GetHttpContext().RequestServices);
            await invoke(lease.Service, requests, responses, context);
        };
        foreach (var registration in server.Options.Interceptors.Reverse())
        {
            var next = pipeline;
            pipeline = (requests, responses, context) =>
                Resolve(registration, context).DuplexStreamingServerHandler(requests, responses, context, next);
        }
        Add(method, implementation, new DuplexStreamingCallHandler<TRequest, TResponse>(method, server, pipeline).HandleAsync);
    }

    private static Interceptor Resolve(InterceptorRegistration registration, ServerCallContext context) =>
        registration.Resolve(context.GetHttpContext().RequestServices);

    private static MethodInfo Find(IMethod method, params Type[] parameters) =>
        typeof(TService).GetMethod(method.Name, parameters)
        ?? throw new InvalidOperationException($"{typeof(TService)} has no method {method.Name}");

    private void Add(IMethod method, MethodInfo implementation, RequestDelegate handler) => Methods.Add(new MappedMethod(
        method, handler,
        [
            new GrpcMethodMetadata(typeof(TService), method),
            .. typeof(TService).GetCustomAttributes(inherit: true),
            .. implementation.GetCustomAttributes(inherit: true),
        ]));
}
