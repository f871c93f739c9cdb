using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Pechat.Portal.Account;

namespace Pechat.Portal.Pages;

/// <summary>What a customer sees after the login: profile, certificates, remaining units, archive, sessions. A part that cannot be shown does not hide the others.</summary>
[Authorize]
internal sealed partial class AccountModel(CustomerClient customer, ILogger<AccountModel> logger) : PageModel
{
    /// <summary>A part of the page; null when its service does not answer.</summary>
    internal sealed record Part<T>(T? Value) where T : class;

    internal Part<CustomerClient.Profile> Profile { get; private set; } = new(null);
    internal Part<CustomerClient.Credentials> Credentials { get; private set; } = new(null);
    internal Part<CustomerClient.Entitlements> Entitlements { get; private set; } = new(null);
    internal Part<CustomerClient.Archive> Archive { get; private set; } = new(null);

    internal Part<List<CustomerClient.Session>> Sessions { get; private set; } = new(null);

    private bool _ended; // a service no longer takes the token

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (await HttpContext.GetTokenAsync("access_token") is not { } token)
            return Challenge();
        var profile = TryAsync("identity", () => customer.ProfileAsync(token, ct));
        var credentials = TryAsync("signing", () => customer.CredentialsAsync(token, ct));
        var entitlements = TryAsync("billing", () => customer.EntitlementsAsync(token, ct));
        var archive = TryAsync("documents", () => customer.ArchiveAsync(token, ct));
        var sessions = TryAsync("identity", () => customer.SessionsAsync(token, ct));
        (Profile, Credentials, Entitlements, Archive, Sessions) = (await profile, await credentials, await entitlements, await archive, await sessions);
        Response.Headers.CacheControl = "no-store";
        return _ended ? SignOut(new AuthenticationProperties { RedirectUri = "/?login=ended" }, CookieAuthenticationDefaults.AuthenticationScheme) : Page();
    }

    /// <summary>Ends one of the customer's sessions; one that has ended already, or whose service does not answer, is seen in the list.</summary>
    public async Task<IActionResult> OnPostEndAsync(Guid id, CancellationToken ct)
    {
        if (await HttpContext.GetTokenAsync("access_token") is not { } token)
            return Challenge();
        try
        {
            await customer.EndSessionAsync(id, token, ct);
        }
        catch (HttpRequestException e)
        {
            NoAnswer(logger, "identity", e);
        }
        return RedirectToPage();
    }

    internal static string StatusText(Texts texts, string? status) => status is "valid" or "expired" or "revoked" or "suspended" ? texts[status] : status ?? "";

    /// <summary>The name inside a subject (RFC 4514), which is what people look for; the whole subject when it has none.</summary>
    internal static string NameText(string? subject) =>
        CommonName().Match(subject ?? "") is { Success: true } name ? Escape().Replace(name.Groups[1].Value, "$1") : subject ?? "";

    /// <summary>A GeneralizedTime of the CSC API (YYYYMMDDHHMMSSZ) as a date for people.</summary>
    internal static string DateText(string? generalizedTime) =>
        DateTimeOffset.TryParseExact(generalizedTime, "yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time.ToString("d MMMM yyyy", CultureInfo.CurrentCulture)
            : generalizedTime ?? "";

    private async Task<Part<T>> TryAsync<T>(string service, Func<Task<T>> ask) where T : class
    {
        try
        {
            return new(await ask());
        }
        catch (Exception e) when (e is HttpRequestException or System.Text.Json.JsonException or TaskCanceledException { InnerException: TimeoutException })
        {
            _ended |= e is HttpRequestException { StatusCode: HttpStatusCode.Unauthorized }; // ended on the phone or from another browser
            NoAnswer(logger, service, e);
            return new(null); // the page says that this part cannot be shown
        }
    }

    [GeneratedRegex(@"(?:^|[,+])CN=((?:\\.|[^,+\\])*)")]
    private static partial Regex CommonName();

    [GeneratedRegex(@"\\(.)")]
    private static partial Regex Escape();

    [LoggerMessage(12001, LogLevel.Warning, "{Service} did not answer for the account page")]
    private static partial void NoAnswer(ILogger logger, string service, Exception exception);
}
