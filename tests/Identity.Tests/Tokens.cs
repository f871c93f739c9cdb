using System.Buffers.Text;
using System.Text.Json;

namespace Pechat.Identity.Tests;

/// <summary>Looks into tokens without judging them.</summary>
internal static class Tokens
{
    public static JsonElement Header(string token) => Part(token, 0);

    public static JsonElement Payload(string token) => Part(token, 1);

    private static JsonElement Part(string token, int index) => JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[index])).RootElement;
}
