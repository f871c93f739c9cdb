using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace Pechat.Identity.OAuth;

/// <summary>The pages of the login. They work without script, load nothing from elsewhere and cannot be framed.</summary>
internal static class LoginPage
{
    private const string ContentPolicy =
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private static readonly (string Name, string Type, byte[] Content)[] Assets =
        [Asset("login.css", "text/css"), Asset("login.js", "text/javascript"), Asset("icon.svg", "image/svg+xml")];

    internal static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (name, type, content) in Assets)
            routes.MapGet($"/oauth2/{name}", () => Results.Bytes(content, type + "; charset=utf-8"));
    }

    internal static IResult Form(PageText text, ClientOptions client, string action, string? problem, int? status = null)
    {
        string alert = problem is null ? "" : $"""<p id="problem" role="alert">{E(problem)}</p>""";
        string invalid = problem is null ? "" : " aria-invalid=\"true\" aria-describedby=\"problem\"";
        return Page(text, text.Title, $"""
            <p>{F(text.Lead, client)}</p>{alert}
            <form method="post" action="{E(action)}">
              <label for="identifier">{E(text.Label)}</label>
              <input id="identifier" name="identifier" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="254" required autofocus{invalid}>
              <button type="submit">{E(text.Continue)}</button>
            </form>
            """, status ?? (problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest));
    }

    internal static IResult Waiting(PageText text, ClientOptions client, Guid login, short? number) => Page(text, text.WaitTitle, $"""
        <p role="status">{F(text.WaitLead, client)}</p>{(number is null ? "" : $"""<p class="number"><span>{E(text.Number)}</span> <strong>{number}</strong></p>""")}<progress aria-label="{E(text.WaitTitle)}"></progress>
        <p><a href="/oauth2/login/{login}?cancel=1">{E(text.Cancel)}</a></p>
        """, StatusCodes.Status200OK, $"""<noscript><meta http-equiv="refresh" content="3"></noscript><script src="/oauth2/login.js" data-status="/oauth2/login/{login}/status" defer></script>""");

    internal static IResult Ended(PageText text, ClientOptions client, string back) => Page(text, text.EndedTitle, $"""
        <p role="alert">{E(text.EndedLead)}</p>
        <p><a href="{E(back)}">{F(text.Back, client)}</a></p>
        """, StatusCodes.Status200OK);

    internal static IResult Refused(PageText text) =>
        Page(text, text.RefusedTitle, $"""<p role="alert">{E(text.RefusedLead)}</p>""", StatusCodes.Status400BadRequest);

    internal static IResult Page(PageText text, string title, string body, int status, string head = "") => new PageResult(status, $"""
        <!doctype html>
        <html lang="{text.Language}">
        <head>
        <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
        <title>{E(title)} · Pechat</title><link rel="icon" href="/oauth2/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/oauth2/login.css">{head}
        </head>
        <body><main><p class="brand"><img src="/oauth2/icon.svg" alt="" width="36" height="36"> Pechat</p><h1>{E(title)}</h1>
        {body}
        </main></body>
        </html>
        """);

    internal static string E(string text) => HtmlEncoder.Default.Encode(text);

    internal static string F(string format, ClientOptions client) => E(string.Format(CultureInfo.InvariantCulture, format, client.Name));

    private static (string, string, byte[]) Asset(string name, string type)
    {
        using Stream stream = typeof(LoginPage).Assembly.GetManifestResourceStream($"Pechat.Identity.OAuth.Pages.{name}")!;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return (name, type, copy.ToArray());
    }

    private sealed class PageResult(int status, string html) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            HttpResponse response = httpContext.Response;
            response.StatusCode = status;
            response.ContentType = "text/html; charset=utf-8";
            response.Headers.ContentSecurityPolicy = ContentPolicy;
            response.Headers.CacheControl = "no-store";
            response.Headers.XFrameOptions = "DENY";
            response.Headers.XContentTypeOptions = "nosniff";
            response.Headers["Referrer-Policy"] = "no-referrer";
            return response.WriteAsync(html, Encoding.UTF8, httpContext.RequestAborted);
        }
    }
}
