using System.Text.Json.Serialization;
using Microsoft.Extensions.Primitives;
using Pechat.Contracts;
using Pechat.Hosting;

namespace Pechat.Identity.OAuth;

/// <summary>The endpoint for pushed authorization requests (RFC 9126, CSC API §6.4). What would be refused in the browser is refused here.</summary>
internal static class PushAuthorization
{
    internal sealed record Response([property: JsonPropertyName("request_uri")] string RequestUri, [property: JsonPropertyName("expires_in")] int ExpiresIn);

    private static readonly string[] Secrets = ["client_secret", "client_assertion", "client_assertion_type"];

    internal static void Map(IEndpointRouteBuilder routes)
    {
        foreach (string path in OAuthBases.Paths("/oauth2/pushed_authorize"))
            routes.MapPost(path, Handle).AllowPeers("portal");
    }

    internal static async Task<IResult> Handle(
        HttpContext context, ClientAuthentication clients, OAuthClients known, PushedRequests pushed, AccountTokens accounts, CancellationToken ct)
    {
        context.Response.Headers.CacheControl = "no-store";
        IFormCollection form = await OAuthForm.ReadAsync(context, ct);
        ClientOptions client = await clients.AuthenticateAsync(context, form, ct);
        if (form.ContainsKey("request_uri"))
            throw FaultException.Invalid("invalid_request", "Invalid parameter request_uri"); // RFC 9126 §2.1
        var parameters = form.Where(p => !Secrets.Contains(p.Key, StringComparer.Ordinal)).ToDictionary(p => p.Key, p => p.Value);
        parameters["client_id"] = new StringValues(client.Id);
        (AuthorizationRequest? request, AuthorizationRequest.Refusal? refusal) = AuthorizationRequest.Judge(parameters, OAuthBases.IsV1(context), known);
        if (refusal is not null)
            throw FaultException.Invalid(refusal.Error, refusal.Description);
        await accounts.CustomerOfAsync(request!, ct);
        return Results.Json(new Response(await pushed.AddAsync(client.Id, parameters, ct), (int)PushedRequests.Lifetime.TotalSeconds), statusCode: StatusCodes.Status201Created);
    }
}
