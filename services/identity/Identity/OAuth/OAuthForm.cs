using Pechat.Contracts;

namespace Pechat.Identity.OAuth;

/// <summary>Reads form posts of clients (RFC 6749 §3.2).</summary>
internal static class OAuthForm
{
    internal static async Task<IFormCollection> ReadAsync(HttpContext context, CancellationToken ct) => context.Request.HasFormContentType
        ? await context.Request.ReadFormAsync(ct)
        : throw FaultException.Invalid("invalid_request", "the request must be application/x-www-form-urlencoded");

    /// <summary>A parameter that may occur once; null when absent or empty.</summary>
    /// <exception cref="FaultException">It occurs twice.</exception>
    internal static string? Single(IFormCollection form, string name) => form[name] switch
    {
        { Count: 0 } => null,
        { Count: 1 } one => string.IsNullOrEmpty(one[0]) ? null : one[0],
        _ => throw FaultException.Invalid("invalid_request", $"Parameter {name} occurs more than once"),
    };
}
