using Microsoft.Playwright;
using Pechat.SystemTests.MainJob;

namespace Pechat.SystemTests.Pages;

/// <summary>One browser for all tests of the pages; each person gets a context of their own in it.</summary>
[SetUpFixture]
internal sealed class Browsers
{
    public const int PhoneWidth = 390;
    private const float PatienceMilliseconds = 30_000;

    private IPlaywright? _playwright;

    public static IBrowser Browser { get; private set; } = null!;

    /// <summary>The source of axe-core, which judges accessibility.</summary>
    public static string Axe { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task Launch()
    {
        string folder = Path.Combine(WholeHouse.Layout.Root, "tests", "System.Tests", "Pages", "axe");
        string axe = Path.Combine(folder, "node_modules", "axe-core", "axe.min.js");
        if (!File.Exists(axe))
            Tool.Succeed("npm", "ci", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error");
        Axe = await File.ReadAllTextAsync(axe);
        _playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(PatienceMilliseconds);
        Browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--ignore-certificate-errors"],
        });
    }

    [OneTimeTearDown]
    public async Task Close()
    {
        if (Browser is not null)
            await Browser.CloseAsync();
        _playwright?.Dispose();
    }

    /// <summary>A person at a page: a phone held upright, or a desk.</summary>
    public static Task<IBrowserContext> ContextAsync(string locale, ColorScheme scheme, bool phone) => Browser.NewContextAsync(new()
    {
        IgnoreHTTPSErrors = true,
        Locale = locale,
        ColorScheme = scheme,
        ViewportSize = phone ? new() { Width = PhoneWidth, Height = 844 } : new() { Width = 1280, Height = 800 },
    });
}
