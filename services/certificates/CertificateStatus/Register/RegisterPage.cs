using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Localization;
using Npgsql;
using Pechat.Contracts;

namespace Pechat.CertificateStatus.Register;

/// <summary>GET <c>/register</c>: the register as a page in Bulgarian and English; made here, so it needs no script.</summary>
internal static class RegisterPage
{
    private const string Path = "/register", Style = Path + "/register.css";
    private const int PageSize = 20;
    private static readonly CultureInfo[] Languages = [new("bg"), new("en")];
    private static readonly byte[] Css = ReadCss();

    private sealed record Fields(string? Name, string? Organisation, string? Email, string? Serial, string? Status)
    {
        internal bool AreEmpty => new[] { Name, Organisation, Email, Serial }.All(string.IsNullOrWhiteSpace);

        internal string Query(string language, string after) => string.Join('&', new[]
        {
            ("lang", language), ("name", Name), ("organisation", Organisation), ("email", Email), ("serial", Serial), ("status", Status), ("after", after),
        }.Where(pair => !string.IsNullOrEmpty(pair.Item2)).Select(pair => $"{pair.Item1}={Uri.EscapeDataString(pair.Item2!)}"));
    }

    /// <summary>The language: asked for by <c>lang</c>, chosen on the portal, or the browser's; Bulgarian first (S2-32). OCSP is not slowed by it.</summary>
    internal static void UseLanguages(this WebApplication app) => app.UseWhen(context => context.Request.Path.StartsWithSegments(Path), page => page.UseRequestLocalization(options =>
    {
        options.DefaultRequestCulture = new RequestCulture("bg");
        options.SupportedCultures = options.SupportedUICultures = Languages;
        options.RequestCultureProviders =
        [
            new QueryStringRequestCultureProvider { QueryStringKey = "lang", UIQueryStringKey = "lang" },
            new CookieRequestCultureProvider { CookieName = "language" },
            new AcceptLanguageHeaderRequestCultureProvider(),
        ];
    }));

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, Handle);
        routes.MapGet(Style, (HttpContext http) =>
        {
            http.Response.Headers.CacheControl = "public, max-age=3600";
            return Results.Bytes(Css, "text/css; charset=utf-8");
        });
    }

    internal static async Task<IResult> Handle(HttpContext http, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct,
        string? name = null, string? organisation = null, string? email = null, string? serial = null, string? status = null, string? after = null)
    {
        var texts = new RegisterTexts(http.Features.GetRequiredFeature<IRequestCultureFeature>().RequestCulture.UICulture.TwoLetterISOLanguageName);
        var fields = new Fields(name, organisation, email, serial, status);
        SearchRegister.Response? found = null;
        string? refusal = null;
        if (!fields.AreEmpty || http.Request.Query.ContainsKey("name")) // an empty form that was sent is told what it lacks
        {
            try
            {
                found = await SearchRegister.FindAsync(RegisterQuery.Parse(name, organisation, email, serial, status, after, PageSize), db, clock.GetUtcNow(), ct);
            }
            catch (FaultException fault) when (RegisterTexts.Everything.ContainsKey(fault.Code))
            {
                refusal = texts[fault.Code];
            }
        }
        IHeaderDictionary headers = http.Response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        headers["Referrer-Policy"] = "no-referrer"; // the address holds what was searched for
        return Results.Content(Page(texts, fields, found, refusal).ToString(), "text/html; charset=utf-8", statusCode: refusal is null ? 200 : 400);
    }

    private static Html Page(RegisterTexts t, Fields fields, SearchRegister.Response? found, string? refusal) => $"""
        <!doctype html>
        <html lang="{t.Language}">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <meta name="color-scheme" content="light dark">
          <title>{t["title"]} – Pechat</title>
          <link rel="icon" href="/icon.svg" type="image/svg+xml">
          <link rel="stylesheet" href="{Style}">
        </head>
        <body>
          <a class="skip" href="#main">{t["skip"]}</a>
          <header>
            <a class="brand" href="/">Pechat</a>
            <nav aria-label="Pechat">
              <a href="/">{t["home"]}</a>
              {LanguageLink(t, fields, "bg", "БГ")}
              {LanguageLink(t, fields, "en", "EN")}
            </nav>
          </header>
          <main id="main" tabindex="-1">
            <h1>{t["title"]}</h1>
            <p>{t["lead"]}</p>
            {(refusal is null ? Html.Empty : Html.Of($"""<p class="error" role="alert" id="refusal">{refusal}</p>"""))}
            {Form(t, fields, refusal is not null)}
            {(found is null ? Html.Empty : Found(t, fields, found))}
            <p class="soft">{t["notDocument"]}</p>
          </main>
        </body>
        </html>
        """;

    private static Html LanguageLink(RegisterTexts t, Fields fields, string language, string text) => $"""
        <a href="{Path}?{fields.Query(language, "")}" lang="{language}" hreflang="{language}"{(t.Language == language ? Html.Of($" aria-current=\"true\"") : Html.Empty)}>{text}</a>
        """;

    private static Html Form(RegisterTexts t, Fields fields, bool refused) => $"""
        <form method="get" action="{Path}" role="search"{(refused ? Html.Of($" aria-describedby=\"refusal\"") : Html.Empty)}>
          <input type="hidden" name="lang" value="{t.Language}">
          {Field(t, "name", fields.Name)}
          {Field(t, "organisation", fields.Organisation)}
          {Field(t, "email", fields.Email)}
          {Field(t, "serial", fields.Serial)}
          <p><label for="status">{t["status"]}</label>
            <select id="status" name="status"><option value="">{t["any"]}</option>{Html.Join(RegisterQuery.Statuses.Select(status => Option(t, status, fields.Status == status)))}</select></p>
          <p><button type="submit">{t["search"]}</button></p>
        </form>
        """;

    private static Html Field(RegisterTexts t, string name, string? value) => $"""
        <p><label for="{name}">{t[name]}</label><input id="{name}" name="{name}" value="{value}" maxlength="200" autocomplete="off" spellcheck="false"></p>
        """;

    private static Html Option(RegisterTexts t, string status, bool chosen) =>
        $"""<option value="{status}"{(chosen ? Html.Of($" selected") : Html.Empty)}>{t[status]}</option>""";

    private static Html Found(RegisterTexts t, Fields fields, SearchRegister.Response found) => found.Certificates.Count == 0
        ? Html.Of($"""<p role="status">{t["none"]}</p>""")
        : Html.Of($"""
        <p role="status" id="found">{t["found"]}: {found.Certificates.Count.ToString(CultureInfo.InvariantCulture)}</p>
        <div class="scroll" role="region" aria-labelledby="found" tabindex="0">
        <table>
          <thead><tr><th scope="col">{t["holder"]}</th><th scope="col">{t["serialShort"]}</th><th scope="col">{t["issuer"]}</th><th scope="col">{t["validity"]}</th><th scope="col">{t["status"]}</th><th scope="col">{t["certificate"]}</th></tr></thead>
          <tbody>{Html.Join(found.Certificates.Select(item => Row(t, item)))}</tbody>
        </table>
        </div>
        {(found.Next is null ? Html.Empty : Html.Of($"""<p><a rel="next" href="{Path}?{fields.Query(t.Language, found.Next)}">{t["next"]}</a></p>"""))}
        """);

    private static Html Row(RegisterTexts t, SearchRegister.Item item) => $"""
        <tr>
          <th scope="row">{item.Name ?? t["withheld"]}{(item.Organisation is null ? Html.Empty : Html.Of($"<br><span class=\"soft\">{item.Organisation}</span>"))}<br><span class="soft">{item.Product}</span></th>
          <td><code>{item.Serial}</code><br><code class="soft">{item.SerialDecimal}</code></td>
          <td>{item.Issuer}</td>
          <td>{Time(item.ValidFrom)} – {Time(item.ValidTo)}</td>
          <td><strong class="{item.Status}">{t[item.Status]}</strong><br><span class="soft">{t["since"]} {Time(item.Since)}</span></td>
          <td>{(item.Certificate is null ? Html.Of($"–") : Html.Of($"<a href=\"{item.Certificate}\" download>{t["download"]} <span class=\"hidden\">{item.Serial}</span></a>"))}</td>
        </tr>
        """;

    private static Html Time(DateTimeOffset time) =>
        $"""<time datetime="{time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)}">{time.ToString("dd.MM.yyyy HH:mm", CultureInfo.InvariantCulture)} UTC</time>""";

    private static byte[] ReadCss()
    {
        using Stream stream = typeof(RegisterPage).Assembly.GetManifestResourceStream("register.css")!;
        byte[] css = new byte[stream.Length];
        stream.ReadExactly(css);
        return css;
    }
}
