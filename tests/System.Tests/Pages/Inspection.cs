using Microsoft.Playwright;

namespace Pechat.SystemTests.Pages;

/// <summary>Looks at a page in both languages and both colour schemes, with a judge of accessibility and with the keyboard.</summary>
internal static class Inspection
{
    private const string FindControls = """
        () => {
          window.unreached = new Set([...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
            .filter(e => !e.disabled && e.checkVisibility({ visibilityProperty: true })));
          document.activeElement.blur();
          return window.unreached.size;
        }
        """;

    private const string Reach = """
        () => {
          const at = document.activeElement;
          if (!window.unreached.delete(at)) return null;
          const style = getComputedStyle(at);
          return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 ? null : at.outerHTML;
        }
        """;

    private const string Judge = """
        async () => (await axe.run(document, { resultTypes: ['violations'] })).violations.filter(v => v.impact === 'serious' || v.impact === 'critical')
          .map(v => `${v.id}: ${v.help}: ${v.nodes.map(n => n.html + ' ' + (n.any[0]?.message ?? '')).join(' | ')}`)
        """;

    /// <summary>Both schemes and, where the page has a switch for it, both languages; also as a phone shows it. Ends in English and light.</summary>
    /// <param name="visitor">Who stands at the page.</param>
    /// <param name="name">Of the page, for the pictures that are left in <c>.run/system/pictures</c>.</param>
    public static async Task InspectAsync(this Visitor visitor, string name)
    {
        foreach (string language in await visitor.Page.Locator(Switch("bg")).CountAsync() > 0 ? new[] { "bg", "en" } : ["asked"])
        {
            if (language != "asked")
                await SpeakAsync(visitor.Page, language);
            foreach (ColorScheme scheme in new[] { ColorScheme.Dark, ColorScheme.Light })
            {
                await visitor.Page.EmulateMediaAsync(new() { ColorScheme = scheme });
                await AccessibleAsync(visitor, $"{name}-{language}-{scheme}".ToLowerInvariant());
            }
        }
        await KeyboardAsync(visitor.Page, name);
        PageViewportSizeResult size = visitor.Page.ViewportSize!;
        if (size.Width > Browsers.PhoneWidth)
        {
            await visitor.Page.SetViewportSizeAsync(Browsers.PhoneWidth, size.Height);
            await AccessibleAsync(visitor, $"{name}-phone");
            await visitor.Page.SetViewportSizeAsync(size.Width, size.Height);
        }
    }

    /// <summary>Has axe look at the page as it stands.</summary>
    public static async Task AccessibleAsync(this Visitor visitor, string name)
    {
        await visitor.PictureAsync(name);
        await visitor.Page.EvaluateAsync(Browsers.Axe);
        string[] violations = await visitor.Page.EvaluateAsync<string[]>(Judge);
        Assert.That(violations, Is.Empty, $"{name} is accessible");
        int overflow = await visitor.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth");
        Assert.That(overflow, Is.LessThanOrEqualTo(0), $"{name} fits the screen");
    }

    /// <summary>Walks over the page by the Tab key: every control is reached, and is seen to be.</summary>
    public static async Task KeyboardAsync(IPage page, string name)
    {
        int presses = await page.EvaluateAsync<int>(FindControls) * 2 + 15; // a date has several stops, and the walk starts somewhere
        for (int i = 0; i < presses && await page.EvaluateAsync<bool>("() => unreached.size > 0"); i++)
        {
            await page.Keyboard.PressAsync("Tab");
            Assert.That(await page.EvaluateAsync<string?>(Reach), Is.Null, $"{name}: focus is visible");
        }
        Assert.That(await page.EvaluateAsync<string[]>("() => [...unreached].map(e => e.outerHTML)"), Is.Empty, $"{name}: every control is reached by keyboard");
    }

    private static string Switch(string language) => $"button[data-language={language}], a[hreflang={language}]";

    private static async Task SpeakAsync(IPage page, string language)
    {
        await page.Locator(Switch(language)).ClickAsync();
        await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("lang", language);
    }
}
