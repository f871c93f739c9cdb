using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Pechat.Shared.Tests.Calls;

/// <summary>Every kind of call, as the proto says.</summary>
public sealed class EchoService : Echo.EchoBase
{
    /// <summary>How many calls of Wait have seen their cancellation.</summary>
    internal static int CancelledWaits;

    public override async Task<Words> Say(Words request, ServerCallContext context)
    {
        if (context.RequestHeaders.GetValue("x-echo") is { } text)
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "x-header", text } });
            context.ResponseTrailers.Add("x-trailer", text);
            context.ResponseTrailers.Add("x-trailer-bin", context.RequestHeaders.GetValueBytes("x-echo-bin") ?? []);
        }
        return request;
    }

    public override async Task<Words> Join(IAsyncStreamReader<Words> requestStream, ServerCallContext context)
    {
        var joined = new Words();
        await foreach (var words in requestStream.ReadAllAsync(context.CancellationToken))
        {
            joined.Text += words.Text;
            joined.Times++;
        }
        return joined;
    }

    public override async Task Repeat(Words request, IServerStreamWriter<Words> responseStream, ServerCallContext context)
    {
        for (int i = 0; i < request.Times; i++)
            await responseStream.WriteAsync(new Words { Text = request.Text, Data = request.Data, Times = i });
        context.ResponseTrailers.Add("x-count", $"{request.Times}");
    }

    public override async Task Chat(
        IAsyncStreamReader<Words> requestStream, IServerStreamWriter<Words> responseStream, ServerCallContext context)
    {
        await foreach (var words in requestStream.ReadAllAsync(context.CancellationToken))
            await responseStream.WriteAsync(words);
    }

    public override Task<Words> Fail(Failure request, ServerCallContext context)
    {
        if (request.Code < 0)
            throw new InvalidOperationException("the secret of the house");
        if (request.Reason.Length == 0)
            throw new RpcException(new Grpc.Core.Status((StatusCode)request.Code, request.Detail), new Metadata { { "x-why", "plain" }, { "x-why-bin", [0, 255, 7] } });
        var status = new Google.Rpc.Status { Code = request.Code, Message = request.Detail };
        status.Details.Add(Any.Pack(new ErrorInfo { Reason = request.Reason, Domain = "test" }));
        throw status.ToRpcException();
    }

    public override async Task<Words> Wait(Words request, ServerCallContext context)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }
        finally
        {
            Interlocked.Increment(ref CancelledWaits);
        }
        return request;
    }

    public override async Task WaitAfterOne(Words request, IServerStreamWriter<Words> responseStream, ServerCallContext context)
    {
        await responseStream.WriteAsync(request);
        await Wait(request, context);
    }
}
