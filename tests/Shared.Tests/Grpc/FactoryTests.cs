using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Pechat.Shared.Tests.Calls;

/// <summary>Clients from the container, interceptors, inherited deadlines, health.</summary>
[TestFixture]
public sealed class FactoryTests
{
    [Test]
    public async Task Container_makes_clients_with_interceptors_in_order()
    {
        await using var server = await EchoServer.StartAsync();
        var services = new ServiceCollection();
        services.AddGrpcClient<Echo.EchoClient>(o => o.Address = server.Address)
            .AddInterceptor(() => new AddHeader("first"))
            .AddInterceptor(() => new AddHeader("second"));
        await using var provider = services.BuildServiceProvider();
        var call = provider.GetRequiredService<Echo.EchoClient>().SayAsync(new Words());
        await call;
        Assert.That(call.GetTrailers().GetValue("x-trailer"), Is.EqualTo("first,second"));
        Assert.That(provider.GetRequiredService<Echo.EchoClient>(), Is.Not.Null);
    }

    [Test]
    public async Task Replaced_primary_handler_is_used_and_tuned()
    {
        await using var server = await EchoServer.StartAsync();
        var own = new SocketsHttpHandler();
        var services = new ServiceCollection();
        services.AddGrpcClient<Echo.EchoClient>(o => o.Address = server.Address).ConfigurePrimaryHttpMessageHandler(() => own);
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<Echo.EchoClient>().SayAsync(new Words());
        Assert.Multiple(() =>
        {
            Assert.That(own.EnableMultipleHttp2Connections);
            Assert.That(own.KeepAlivePingDelay, Is.EqualTo(TimeSpan.FromSeconds(15)));
            Assert.That(own.KeepAlivePingPolicy, Is.EqualTo(HttpKeepAlivePingPolicy.WithActiveRequests));
        });
    }

    [Test]
    public void Client_without_address_says_so()
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<Echo.EchoClient>(_ => { });
        using var provider = services.BuildServiceProvider();
        Assert.That(provider.GetRequiredService<Echo.EchoClient>, Throws.InvalidOperationException.With.Message.Contains("no address"));
    }

    [Test]
    public async Task Server_interceptors_wrap_every_kind_of_call_outermost_first()
    {
        var seen = new List<string>();
        await using var server = await EchoServer.StartAsync(options =>
        {
            options.Interceptors.Add<Note>("outer", seen);
            options.Interceptors.Add<Note>("inner", seen);
        });
        using var channel = server.Channel();
        var client = new Echo.EchoClient(channel);
        await client.SayAsync(new Words());
        using (var call = client.Repeat(new Words()))
            await call.ResponseStream.MoveNext();
        using (var call = client.Join())
        {
            await call.RequestStream.CompleteAsync();
            await call;
        }
        using (var call = client.Chat())
        {
            await call.RequestStream.CompleteAsync();
            await call.ResponseStream.MoveNext();
        }
        Assert.That(seen, Is.EqualTo(new[]
        {
            "outer unary", "inner unary", "outer server stream", "inner server stream",
            "outer client stream", "inner client stream", "outer duplex", "inner duplex",
        }));
    }

    [Test]
    public async Task Attributes_of_a_method_are_endpoint_metadata()
    {
        string? found = null;
        await using var server = await EchoServer.StartAsync(
            map: app => app.MapGrpcService<MarkedEcho>(),
            configure: builder => builder.Services.Configure<GrpcServiceOptions>(o => o.Interceptors.Add<ReadMark>((Action<string?>)(mark => found = mark))));
        using var channel = server.Channel();
        await new Marked.MarkedClient(channel).SayAsync(new Words());
        Assert.That(found, Is.EqualTo("Say of MarkedEcho"));
    }

    [Test]
    public async Task Calls_made_while_serving_inherit_the_deadline_and_the_cancellation()
    {
        await using var inner = await EchoServer.StartAsync();
        await using var outer = await EchoServer.StartAsync(
            map: app => app.MapGrpcService<Relay>(),
            configure: builder => builder.Services.AddGrpcClient<Echo.EchoClient>(o => o.Address = inner.Address).EnableCallContextPropagation());
        using var channel = outer.Channel();
        var client = new Marked.MarkedClient(channel);

        var late = await Refused.By(async () => await client.SayAsync(new Words(), deadline: DateTime.UtcNow.AddMilliseconds(800)));
        Assert.That(late.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));

        int before = EchoService.CancelledWaits;
        using var source = new CancellationTokenSource(200);
        await Refused.By(async () => await client.SayAsync(new Words(), cancellationToken: source.Token));
        Assert.That(() => EchoService.CancelledWaits, Is.GreaterThan(before).After(5000, 20));
    }

    [Test]
    public async Task Unhealthy_check_is_not_serving()
    {
        await using var server = await EchoServer.StartAsync(configure: builder =>
            builder.Services.AddHealthChecks().AddCheck("sick", () => HealthCheckResult.Unhealthy()));
        server.Log.ExpectError(103); // DefaultHealthCheckService logs each unhealthy check
        using var channel = server.Channel();
        var answer = await new Grpc.Health.V1.Health.HealthClient(channel).CheckAsync(new());
        Assert.That(answer.Status, Is.EqualTo(Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.NotServing));
    }

    private sealed class AddHeader(string value) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            string? before = context.Options.Headers?.GetValue("x-echo");
            var headers = new Metadata { { "x-echo", before is null ? value : $"{before},{value}" } };
            return continuation(request, new(context.Method, context.Host, context.Options.WithHeaders(headers)));
        }
    }

    private sealed class Note(string name, List<string> seen) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            seen.Add(name + " unary");
            return continuation(request, context);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            seen.Add(name + " client stream");
            return continuation(requestStream, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            seen.Add(name + " server stream");
            return continuation(request, responseStream, context);
        }

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            seen.Add(name + " duplex");
            return continuation(requestStream, responseStream, context);
        }
    }

    private sealed class ReadMark(Action<string?> tell) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            var metadata = context.GetHttpContext().GetEndpoint()!.Metadata;
            tell($"{metadata.GetMetadata<MarkAttribute>()?.Text} of {metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType.Name}");
            return continuation(request, context);
        }
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class MarkAttribute(string text) : Attribute
    {
        public string Text { get; } = text;
    }

    private sealed class MarkedEcho : Marked.MarkedBase
    {
        [Mark("Say")]
        public override Task<Words> Say(Words request, ServerCallContext context) => Task.FromResult(request);
    }

    private sealed class Relay(Echo.EchoClient inner) : Marked.MarkedBase
    {
        public override async Task<Words> Say(Words request, ServerCallContext context) => await inner.WaitAsync(request);
    }
}
