using System.Globalization;
using Microsoft.AspNetCore.Localization;

namespace Pechat.Portal;

/// <summary>The switch between Bulgarian and English (S0-1): a link sets a cookie; without it the browser's preference counts.</summary>
internal static class Languages
{
    private static readonly CultureInfo[] Supported = [new("bg"), new("en")];

    internal static void UseLanguages(this WebApplication app) => app.UseRequestLocalization(options =>
    {
        options.DefaultRequestCulture = new RequestCulture("bg"); // S2-32: Bulgarian first
        options.SupportedCultures = options.SupportedUICultures = Supported;
        options.RequestCultureProviders =
        [
            new CookieRequestCultureProvider { CookieName = Texts.CookieName },
            new AcceptLanguageHeaderRequestCultureProvider(),
        ];
    });

    internal static void MapLanguages(this WebApplication app) => app.MapGet("/language/{language}", (string language, string? back, HttpContext context) =>
    {
        if (Supported.Any(c => c.Name == language))
        {
            context.Response.Cookies.Append(Texts.CookieName, CookieRequestCultureProvider.MakeCookieValue(new RequestCulture(language)),
                new CookieOptions { MaxAge = TimeSpan.FromDays(365), Secure = true, HttpOnly = true, SameSite = SameSiteMode.Lax, IsEssential = true });
        }
        bool local = back is ['/', ..] && !back.StartsWith("//", StringComparison.Ordinal) && !back.StartsWith("/\\", StringComparison.Ordinal);
        return Results.LocalRedirect(local ? back! : "/");
    });
}
