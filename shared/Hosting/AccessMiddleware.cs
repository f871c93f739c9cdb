using Pechat.Contracts;

namespace Pechat.Hosting;

/// <summary>Checks the bearer token of routes that demand one (RFC 6750 §2.1: header only).</summary>
internal sealed class AccessMiddleware(RequestDelegate next, AccessTokens tokens)
{
    private const string Scheme = "Bearer ";

    /// <summary>The generic sentence of CSC API v1, also of RFC 6749 §5.2.</summary>
    private const string MalformedOfV1 =
        "The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.";

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<AccessMetadata>() is not { } demanded)
        {
            await next(context);
            return;
        }
        bool csc = FaultSurface.Of(context) == FaultForm.Csc;
        var headers = context.Request.Headers.Authorization;
        if (headers.Count != 1 || headers[0] is not { } header || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            throw csc // the CSC API answers 400 here
                ? FaultException.Invalid("invalid_request", context.Request.Path.StartsWithSegments("/csc/v1") ? MalformedOfV1 : "Malformed authorization header")
                : FaultException.Unauthenticated("invalid_token", "an access token is needed");
        context.User = await tokens.ValidateAsync(header[Scheme.Length..].Trim(), csc ? "expired_token" : "invalid_token", context.RequestAborted);
        if (!demanded.Scopes.Any(context.User.HasScope))
            throw FaultException.Forbidden(csc ? "access_denied" : "insufficient_scope", $"the access token needs the scope {string.Join(" or ", demanded.Scopes)}");
        await next(context);
    }
}
