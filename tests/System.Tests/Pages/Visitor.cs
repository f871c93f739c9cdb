using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Pechat.SystemTests.Pages;

/// <summary>One person with a browser context of their own, and everything that goes wrong in it.</summary>
internal sealed class Visitor : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly IBrowserContext _context;

    private Visitor(IBrowserContext context, IPage page, Uri home)
    {
        (_context, Page) = (context, page);
        string origin = home.GetLeftPart(UriPartial.Authority);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                _complaints.Enqueue($"console: {message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => _complaints.Enqueue($"script: {error}");
        context.Request += (_, request) =>
        {
            if (new Uri(request.Url).GetLeftPart(UriPartial.Authority) != origin)
                _complaints.Enqueue($"request to another origin: {request.Url}");
        };
        context.Response += (_, response) =>
        {
            if (response.Status >= 500)
                _complaints.Enqueue($"{response.Request.Method} {response.Url} was answered {response.Status}");
        };
    }

    public IPage Page { get; }

    /// <summary>Opens a page; whatever it asks of another origin than that page's is a complaint.</summary>
    public static async Task<Visitor> ComeAsync(Uri home, bool phone = false, string locale = "en", ColorScheme scheme = ColorScheme.Light)
    {
        IBrowserContext context = await Browsers.ContextAsync(locale, scheme, phone);
        IPage page = await context.NewPageAsync();
        // Chromium tells the console of violations too; the event names the directive.
        await page.AddInitScriptAsync("addEventListener('securitypolicyviolation', e => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI}`))");
        var visitor = new Visitor(context, page, home);
        await page.GotoAsync(home.AbsoluteUri);
        return visitor;
    }

    public ILocator Heading(string name) => Page.GetByRole(AriaRole.Heading, new() { Name = name, Exact = true });

    public Task FillAsync(string label, string value) => Page.GetByLabel(label, new() { Exact = true }).FillAsync(value);

    public Task PressAsync(string button) => Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    /// <summary>What went wrong since the last look.</summary>
    /// <param name="expectedRefusals">HTTP statuses that the test brought about; Chromium reports each on the console.</param>
    public IReadOnlyList<string> Complaints(params int[] expectedRefusals)
    {
        var left = new List<string>();
        while (_complaints.TryDequeue(out string? complaint))
        {
            if (!expectedRefusals.Any(status => complaint.StartsWith($"console: Failed to load resource: the server responded with a status of {status} ", StringComparison.Ordinal)))
                left.Add(complaint);
        }
        return left;
    }

    public async Task<string> PictureAsync(string name)
    {
        string file = Path.Combine(WholeHouse.Layout.Run, "pictures", $"{name}.png");
        await Page.ScreenshotAsync(new() { Path = file, FullPage = true });
        return file;
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
