namespace Pechat.Contracts;

/// <summary>What kind of refusal a <see cref="FaultException"/> is; each surface maps it to its own status.</summary>
public enum FaultKind
{
    /// <summary>The request is malformed or its values are out of range: HTTP 400, gRPC INVALID_ARGUMENT.</summary>
    Invalid,

    /// <summary>The caller is not who it must be, or a factor was wrong: HTTP 401, gRPC UNAUTHENTICATED.</summary>
    Unauthenticated,

    /// <summary>The caller is known and may not do this: HTTP 403, gRPC PERMISSION_DENIED.</summary>
    Forbidden,

    /// <summary>There is no such thing, or not for this caller: HTTP 404, gRPC NOT_FOUND.</summary>
    NotFound,

    /// <summary>The state machine does not allow this now: HTTP 409, gRPC FAILED_PRECONDITION.</summary>
    Conflict,

    /// <summary>A quota, queue or rate is used up: HTTP 429, gRPC RESOURCE_EXHAUSTED.</summary>
    Exhausted,

    /// <summary>A dependency is down; the same call may succeed later: HTTP 503, gRPC UNAVAILABLE.</summary>
    Unavailable,
}

/// <summary>An expected refusal, and the only exception that crosses services.</summary>
/// <param name="kind">What kind of refusal.</param>
/// <param name="code">Stable machine-readable code in snake_case, e.g. <c>invalid_request</c>.</param>
/// <param name="detail">A sentence written for the caller; holds no secret.</param>
/// <param name="inner">What led to it, for the log only; never shown to the caller.</param>
#pragma warning disable CA1032 // A fault without kind and code would be meaningless, so the standard constructors are left out.
public sealed class FaultException(FaultKind kind, string code, string detail, Exception? inner = null) : Exception(detail, inner)
#pragma warning restore CA1032
{
    /// <summary>What kind of refusal.</summary>
    public FaultKind Kind { get; } = kind;

    /// <summary>Stable machine-readable code in snake_case.</summary>
    public string Code { get; } = code;

    /// <summary>When the same call may succeed, for refusals that pass by themselves; null when nobody knows. Does not cross gRPC.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A refusal of malformed input.</summary>
    public static FaultException Invalid(string code, string detail) => new(FaultKind.Invalid, code, detail);

    /// <summary>A refusal because a caller or factor could not be authenticated.</summary>
    public static FaultException Unauthenticated(string code, string detail) => new(FaultKind.Unauthenticated, code, detail);

    /// <summary>A refusal because the caller may not do this.</summary>
    public static FaultException Forbidden(string code, string detail) => new(FaultKind.Forbidden, code, detail);

    /// <summary>A refusal because the thing does not exist for this caller.</summary>
    public static FaultException NotFound(string code, string detail) => new(FaultKind.NotFound, code, detail);

    /// <summary>A refusal because of the current state.</summary>
    public static FaultException Conflict(string code, string detail) => new(FaultKind.Conflict, code, detail);

    /// <summary>A refusal because something is used up.</summary>
    public static FaultException Exhausted(string code, string detail) => new(FaultKind.Exhausted, code, detail);

    /// <summary>A refusal because a dependency is down.</summary>
    public static FaultException Unavailable(string code, string detail, Exception? inner = null) => new(FaultKind.Unavailable, code, detail, inner);
}
