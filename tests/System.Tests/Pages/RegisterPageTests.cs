using Microsoft.Playwright;

namespace Pechat.SystemTests.Pages;

/// <summary>The public register as people use it: with and without script, by keyboard, in both languages and schemes.</summary>
internal sealed class RegisterPageTests : PageTests
{
    private static string Register => new Uri(WholeHouse.Layout.PublicBase, "register").AbsoluteUri;

    [Test]
    public async Task Form_and_results_are_accessible_in_both_languages()
    {
        Visitor visitor = await AtThePortalAsync();
        await visitor.Page.GotoAsync(Register);
        await visitor.InspectAsync("register");

        await visitor.FillAsync("Name of the holder", "Примерова"); // in Cyrillic, while the certificate carries the Latin name
        await visitor.PressAsync("Search");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Rowheader).First).ToContainTextAsync("Maria Primerova");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Download" }).First).ToBeVisibleAsync();
        await visitor.InspectAsync("register-found");
    }

    [Test]
    public async Task Refusal_is_an_alert_beside_what_was_typed()
    {
        ExpectedRefusals = [400];
        Visitor visitor = await AtThePortalAsync();
        await visitor.Page.GotoAsync(Register);
        await visitor.FillAsync("Name of the holder", "8001014509");
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The register cannot be searched by personal number.");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Search)).ToHaveAccessibleDescriptionAsync("The register cannot be searched by personal number.");
        await Assertions.Expect(visitor.Page.GetByLabel("Name of the holder")).ToHaveValueAsync("8001014509");
        await visitor.InspectAsync("register-refused");
    }

    [Test]
    public async Task Without_script_it_works_the_same()
    {
        await using IBrowserContext context = await Browsers.Browser.NewContextAsync(new() { JavaScriptEnabled = false, IgnoreHTTPSErrors = true, Locale = "bg-BG" });
        IPage page = await context.NewPageAsync();
        await page.GotoAsync(Register);
        await page.GetByLabel("Име на титуляря").FillAsync("primerova maria");
        await page.GetByLabel("Състояние").SelectOptionAsync("valid");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Rowheader) }).First).ToContainTextAsync("валидно");
    }
}
