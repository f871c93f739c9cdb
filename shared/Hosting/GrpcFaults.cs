using Grpc.Core;
using Pechat.Contracts;

namespace Pechat.Hosting;

/// <summary>The one mapping between <see cref="FaultException"/> and gRPC statuses, in both directions.</summary>
internal static class GrpcFaults
{
    private const string CodeTrailer = "pechat-code";

    private static readonly (FaultKind Kind, StatusCode Status)[] Pairs =
    [
        (FaultKind.Invalid, StatusCode.InvalidArgument),
        (FaultKind.Unauthenticated, StatusCode.Unauthenticated),
        (FaultKind.Forbidden, StatusCode.PermissionDenied),
        (FaultKind.NotFound, StatusCode.NotFound),
        (FaultKind.Conflict, StatusCode.FailedPrecondition),
        (FaultKind.Exhausted, StatusCode.ResourceExhausted),
        (FaultKind.Unavailable, StatusCode.Unavailable),
    ];

    internal static RpcException ToRpc(FaultException fault) => new(
        new Status(Pairs.First(p => p.Kind == fault.Kind).Status, fault.Message),
        new Metadata { { CodeTrailer, fault.Code } });

    /// <summary>The fault that a peer meant; null when its answer is no fault but a defect.</summary>
    internal static FaultException? FromRpc(RpcException exception)
    {
        string? code = exception.Trailers.GetValue(CodeTrailer);
        if (code is not null)
        {
            foreach ((FaultKind kind, StatusCode status) in Pairs)
            {
                if (status == exception.StatusCode)
                    return new FaultException(kind, code, exception.Status.Detail, exception);
            }
        }
        // Nobody answered, or not in time: the same call may succeed later.
        return exception.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded
            ? FaultException.Unavailable("temporarily_unavailable", "a service that is needed does not answer; try again", exception)
            : null;
    }
}
