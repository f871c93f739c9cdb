using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Interceptors in the order in which calls pass them.</summary>
public sealed class InterceptorCollection : Collection<InterceptorRegistration>
{
    /// <summary>Adds an interceptor; see <see cref="InterceptorRegistration"/> for where it comes from.</summary>
    [SuppressMessage("Design", "CA1004", Justification = "The shape of Grpc.AspNetCore.")]
    public void Add<TInterceptor>(params object[] args)
        where TInterceptor : Interceptor => Add(new InterceptorRegistration(typeof(TInterceptor), args));

    /// <summary>Adds an interceptor; see <see cref="InterceptorRegistration"/> for where it comes from.</summary>
    public void Add(Type interceptorType, params object[] args) => Add(new InterceptorRegistration(interceptorType, args));
}

/// <summary>
/// An interceptor of a server. Without arguments it is taken from the call's services if it is registered there (and disposed by them);
/// else one is made for each call, its constructor filled from the arguments and the services.
/// </summary>
public sealed class InterceptorRegistration
{
    private readonly object[] _arguments;
    private readonly ObjectFactory _factory;

    internal InterceptorRegistration(Type type, object[] arguments)
    {
        Type = type;
        _arguments = arguments;
        _factory = ActivatorUtilities.CreateFactory(type, [.. arguments.Select(argument => argument.GetType())]);
    }

    /// <summary>The interceptor's type.</summary>
    public Type Type { get; }

    internal Interceptor Resolve(IServiceProvider services) =>
        (Interceptor)((_arguments.Length == 0 ? services.GetService(Type) : null) ?? _factory(services, _arguments));
}
