using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.History;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.Devices;

/// <summary>
/// "This was not me", pressed in the mail or on an older phone. Opening the link only shows the question, because mail programs open links
/// by themselves; the button answers it.
/// </summary>
internal static class RaiseNotMe
{
    internal sealed record Request(string? Proof);

    private sealed record Text(string Title, string Question, string Button, string Done, string Unknown);

    private static readonly Dictionary<string, Text> Texts = new(StringComparer.Ordinal)
    {
        ["bg"] = new("Не бях аз", "Ако не сте свързали това устройство, заключете профила си. Устройството ще бъде отвързано.", "Заключи профила",
            "Профилът е заключен и устройството е отвързано. Отключва се след нова идентификация.", "Връзката не е валидна."),
        ["en"] = new("This was not me", "If you did not bind this device, lock your profile. The device will be detached.", "Lock the profile",
            "The profile is locked and the device detached. It is opened again after identification.", "The link is not valid."),
        ["pl"] = new("To nie ja", "Jeżeli to nie Ty powiązałeś to urządzenie, zablokuj profil. Urządzenie zostanie odłączone.", "Zablokuj profil",
            "Profil jest zablokowany, a urządzenie odłączone. Profil odblokowuje się po identyfikacji.", "Odnośnik jest nieprawidłowy."),
    };

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/not-me/{token}", Ask);
        routes.MapPost("/not-me/{token}", Answer);
        routes.MapPost("/devices/{id:guid}/not-me", OnPhone).RequireAccess(Scopes.Device);
    }

    internal static async Task<IResult> Ask(string token, HttpContext context, NotMe notMe, NpgsqlDataSource db, CancellationToken ct)
    {
        Text text = Texts[await LanguageAsync(notMe.Read(token), db, ct)];
        return notMe.Read(token) is null
            ? Page(context, StatusCodes.Status404NotFound, text, $"<p role=\"alert\">{text.Unknown}</p>")
            : Page(context, StatusCodes.Status200OK, text, $"<p>{text.Question}</p><form method=\"post\"><button type=\"submit\">{text.Button}</button></form>");
    }

    internal static async Task<IResult> Answer(string token, HttpContext context, NotMe notMe, NpgsqlDataSource db, CancellationToken ct)
    {
        Text text = Texts[await LanguageAsync(notMe.Read(token), db, ct)];
        return notMe.Read(token) is { } device && await notMe.RaiseAsync(device, null, "customer", ct)
            ? Page(context, StatusCodes.Status200OK, text, $"<p role=\"status\">{text.Done}</p>")
            : Page(context, StatusCodes.Status404NotFound, text, $"<p role=\"alert\">{text.Unknown}</p>");
    }

    internal static async Task<IResult> OnPhone(
        Guid id, Request request, ClaimsPrincipal user, NpgsqlDataSource db, NotMe notMe, TimeProvider clock, CancellationToken ct)
    {
        await DeviceAct.ProvenAsync(db, user, request.Proof, clock.GetUtcNow(), "not-me", [("device", id.ToString())], ct);
        return await notMe.RaiseAsync(id, user.CustomerId(), HistoryLog.ActorOf(user), ct)
            ? Results.NoContent() : throw FaultException.NotFound("unknown_device", "there is no such device, or it was bound too long ago");
    }

    private static async Task<string> LanguageAsync(Guid? device, NpgsqlDataSource db, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            "select c.language from device d join customer c on c.id = d.customer_id where d.id = @device", new { device }, cancellationToken: ct)) ?? "en";
    }

    private static IResult Page(HttpContext context, int status, Text text, string body)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer"; // the address is a capability
        return Results.Content($"""
            <!doctype html>
            <html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
            <title>{text.Title} · Pechat</title><link rel="stylesheet" href="/oauth2/login.css"></head>
            <body><main><h1>{text.Title}</h1>{body}</main></body></html>
            """, "text/html; charset=utf-8", null, status);
    }
}
