using Pechat.Contracts;

namespace Pechat.Hosting;

/// <summary>How a REST surface writes refusals.</summary>
internal enum FaultForm
{
    /// <summary>RFC 9457 problem details.</summary>
    Problem,

    /// <summary><c>{error, error_description}</c> with the statuses of the CSC API.</summary>
    Csc,

    /// <summary><c>{error, error_description}</c> with the statuses of RFC 6749.</summary>
    OAuth,
}

/// <summary>Names the fault translator of a group of routes.</summary>
public static class FaultSurface
{
    /// <summary>Refusals are RFC 9457 problem details; this is the default.</summary>
    public static TBuilder WithProblemDetails<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new FaultFormMetadata(FaultForm.Problem));

    /// <summary>Refusals are CSC API errors.</summary>
    public static TBuilder WithCscErrors<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new FaultFormMetadata(FaultForm.Csc));

    /// <summary>Refusals are OAuth 2 errors (RFC 6749 §5.2).</summary>
    public static TBuilder WithOAuthErrors<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new FaultFormMetadata(FaultForm.OAuth));

    /// <summary>The form for a request; where no route matched, the path decides.</summary>
    internal static FaultForm Of(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<FaultFormMetadata>()?.Form
        ?? (context.Request.Path.StartsWithSegments("/csc") ? FaultForm.Csc
            : context.Request.Path.StartsWithSegments("/oauth2") ? FaultForm.OAuth : FaultForm.Problem);

    /// <summary>The HTTP status of a kind of refusal.</summary>
    internal static int Status(FaultForm form, FaultKind kind) => kind switch
    {
        FaultKind.Invalid => StatusCodes.Status400BadRequest,
        FaultKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        FaultKind.Forbidden => StatusCodes.Status403Forbidden,
        // CSC API and RFC 6749 know neither 404 nor 409: nearly all method errors are 400.
        FaultKind.NotFound => form == FaultForm.Problem ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest,
        FaultKind.Conflict => form == FaultForm.Problem ? StatusCodes.Status409Conflict : StatusCodes.Status400BadRequest,
        FaultKind.Exhausted => StatusCodes.Status429TooManyRequests,
        FaultKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    private sealed record FaultFormMetadata(FaultForm Form);
}
