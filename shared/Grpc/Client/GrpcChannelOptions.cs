using Grpc.Core.Wire;

namespace Grpc.Net.Client;

/// <summary>Options of a channel.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>Largest response message in bytes, also after decompression; null for no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = GrpcProtocol.DefaultMaxReceiveMessageSize;

    /// <summary>Largest request message in bytes; null for no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Sends the requests; null makes one with <see cref="GrpcHandler.Create"/>, which the channel disposes.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>How calls are repeated that ended with UNAVAILABLE.</summary>
    public GrpcRetryOptions Retry { get; set; } = new();

    /// <summary>The clock of deadlines and delays.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;
}

/// <summary>
/// How calls with one request are repeated that ended with UNAVAILABLE before the first response. The delay doubles and is jittered;
/// a server's <c>grpc-retry-pushback-ms</c> goes before it, and the deadline of the call bounds everything.
/// </summary>
public sealed class GrpcRetryOptions
{
    /// <summary>Attempts in all, including the first; 1 switches repeating off.</summary>
    public int MaxAttempts { get; set; } = 3;

    /// <summary>Delay before the second attempt.</summary>
    public TimeSpan InitialDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest delay.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(2);
}
