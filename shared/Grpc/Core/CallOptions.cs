namespace Grpc.Core;

/// <summary>What a caller says about one call besides the request.</summary>
/// <param name="headers">Metadata sent with the call.</param>
/// <param name="deadline">UTC time by which the call must have ended.</param>
/// <param name="cancellationToken">Cancels the call.</param>
/// <param name="writeOptions">Flags for the messages sent.</param>
#pragma warning disable CA1068 // Generated stubs pass the arguments in this order.
public readonly struct CallOptions(
    Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default, WriteOptions? writeOptions = null)
    : IEquatable<CallOptions>
#pragma warning restore CA1068
{
    /// <summary>Metadata sent with the call.</summary>
    public Metadata? Headers { get; private init; } = headers;

    /// <summary>UTC time by which the call must have ended.</summary>
    public DateTime? Deadline { get; private init; } = deadline;

    /// <summary>Cancels the call.</summary>
    public CancellationToken CancellationToken { get; private init; } = cancellationToken;

    /// <summary>Flags for the messages sent.</summary>
    public WriteOptions? WriteOptions { get; private init; } = writeOptions;

    /// <summary>Whether two sets of options are the same.</summary>
    public static bool operator ==(CallOptions left, CallOptions right) => left.Equals(right);

    /// <summary>Whether two sets of options differ.</summary>
    public static bool operator !=(CallOptions left, CallOptions right) => !left.Equals(right);

    /// <summary>The same with other headers.</summary>
    public CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    /// <summary>The same with another deadline.</summary>
    public CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    /// <summary>The same with another token.</summary>
    public CallOptions WithCancellationToken(CancellationToken cancellationToken) => this with { CancellationToken = cancellationToken };

    /// <summary>The same with other write options.</summary>
    public CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };

    /// <inheritdoc/>
    public bool Equals(CallOptions other) => ReferenceEquals(Headers, other.Headers) && Deadline == other.Deadline
        && CancellationToken == other.CancellationToken && ReferenceEquals(WriteOptions, other.WriteOptions);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CallOptions other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Headers, Deadline, CancellationToken);
}
