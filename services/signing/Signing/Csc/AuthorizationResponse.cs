using System.Text.Json.Serialization;

namespace Pechat.Signing.Csc;

/// <summary>A SAD, as <c>credentials/authorize</c>, <c>authorizeCheck</c> and <c>extendTransaction</c> answer it.</summary>
/// <param name="Sad">Opaque to the client.</param>
/// <param name="ExpiresIn">Seconds.</param>
internal sealed record AuthorizationResponse([property: JsonPropertyName("SAD")] string Sad, int ExpiresIn)
{
    internal static AuthorizationResponse Of(string sad, DateTime until, TimeProvider clock) => new(sad, Math.Max(0, (int)(until - clock.GetUtcNow().UtcDateTime).TotalSeconds));
}
