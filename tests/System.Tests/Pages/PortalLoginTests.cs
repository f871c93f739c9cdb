using Microsoft.Playwright;
using Pechat.DevHost.MainJob;
using static Microsoft.Playwright.Assertions;

namespace Pechat.SystemTests.Pages;

/// <summary>The citizen logs in to the portal on a desk and confirms on the phone.</summary>
internal sealed class PortalLoginTests : PageTests
{
    [Test]
    public async Task Login_is_confirmed_on_the_phone_shows_profile_certificates_and_units_and_ends_by_log_out()
    {
        Citizen citizen = await EnrolledCitizenAsync();
        Visitor desk = await AtThePortalAsync();
        await desk.InspectAsync("portal-start");
        await AskToLogInAsync(desk, citizen);
        await desk.InspectAsync("login-wait");
        ILocator login = citizen.Phone.Page.Locator("[data-login]");
        await Expect(login).ToContainTextAsync("Pechat portal");
        await Expect(login).ToContainTextAsync("Chrome, Linux");
        await citizen.Phone.InspectAsync("home-login");

        await citizen.PickAsync(await NumberOnAsync(desk));

        await desk.Page.WaitForURLAsync("**/account");
        ILocator page = desk.Page.GetByRole(AriaRole.Main);
        await Expect(page).ToContainTextAsync(citizen.Name);
        await Expect(page).ToContainTextAsync(citizen.Person.Email);
        string? serial = await citizen.Phone.Page.Locator("[data-serial]").GetAttributeAsync("data-serial");
        await Expect(desk.Page.Locator("[data-credential]")).ToContainTextAsync(serial!);
        await Expect(desk.Page.Locator("[data-units]")).ToHaveTextAsync(await citizen.UnitsAsync());
        await desk.InspectAsync("portal-account");

        await desk.PressAsync("Log out");
        await Expect(desk.Page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = "Log in" })).ToBeVisibleAsync();
        await desk.Page.GotoAsync(new Uri(WholeHouse.Layout.PublicBase, "/account").AbsoluteUri);
        await Expect(desk.Page.GetByLabel("E-mail or mobile phone")).ToBeVisibleAsync();
    }

    [Test]
    public async Task Access_that_a_relying_party_has_is_listed_and_ended_in_the_portal()
    {
        Citizen citizen = await EnrolledCitizenAsync();
        var bank = new Csc(WholeHouse.Door, await citizen.LogInAtAsync(Login.Bank));
        Assert.That(await bank.CredentialsAsync(CancellationToken.None), Is.Not.Empty);
        Visitor desk = await AtThePortalAsync();
        await AskToLogInAsync(desk, citizen);
        await citizen.PickAsync(await NumberOnAsync(desk));
        await desk.Page.WaitForURLAsync("**/account");

        await desk.PressAsync("End access: Demonstration bank");

        await Expect(desk.Page.Locator("[data-session]")).ToHaveCountAsync(1);
        RefusedException refusal = Assert.ThrowsAsync<RefusedException>(() => bank.CredentialsAsync(CancellationToken.None))!;
        Assert.That(refusal.Status, Is.EqualTo(401));
    }

    [Test]
    public async Task A_login_that_is_declined_on_the_phone_ends_on_a_page_that_says_so()
    {
        Citizen citizen = await EnrolledCitizenAsync();
        Visitor desk = await AtThePortalAsync();
        await AskToLogInAsync(desk, citizen);

        await citizen.Phone.PressAsync("It is not me");

        await Expect(citizen.Phone.Page.GetByText("The login was declined.")).ToBeVisibleAsync();
        await Expect(desk.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The login was not confirmed.");
        await desk.AccessibleAsync("portal-declined");
    }

    [Test]
    public async Task A_number_that_the_page_does_not_show_ends_the_login()
    {
        ExpectedRefusals = [403];
        Citizen citizen = await EnrolledCitizenAsync();
        Visitor desk = await AtThePortalAsync();
        await AskToLogInAsync(desk, citizen);
        string right = await NumberOnAsync(desk);
        ILocator numbers = citizen.Phone.Page.Locator("[data-login] .number");
        await Expect(numbers).ToHaveCountAsync(3);
        string[] choices = [.. await numbers.AllTextContentsAsync()];
        Assert.That(choices, Does.Contain(right).And.Unique);

        await citizen.PickAsync(choices.First(number => number != right));

        await Expect(citizen.Phone.Page.GetByText("The login page shows another number, so the login has ended.")).ToBeVisibleAsync();
        await Expect(desk.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The login was not confirmed.");
    }

    [TestCase("bg", ColorScheme.Dark), TestCase("bg", ColorScheme.Light), TestCase("en", ColorScheme.Dark), TestCase("en", ColorScheme.Light)]
    public async Task The_login_page_speaks_the_language_of_the_browser_and_is_accessible(string language, ColorScheme scheme)
    {
        Visitor desk = await AtThePortalAsync(language, scheme);
        await desk.Page.GotoAsync(new Uri(WholeHouse.Layout.PublicBase, "/login").AbsoluteUri);
        await Expect(desk.Page.GetByLabel(language == "bg" ? "Имейл или мобилен телефон" : "E-mail or mobile phone")).ToBeFocusedAsync();
        await desk.AccessibleAsync($"login-{language}-{scheme}".ToLowerInvariant());
        await Inspection.KeyboardAsync(desk.Page, "login");
    }

    private static async Task<string> NumberOnAsync(Visitor desk) => await desk.Page.Locator(".number strong").TextContentAsync() ?? "";

    private static async Task AskToLogInAsync(Visitor desk, Citizen citizen)
    {
        await desk.Page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = "Log in" }).ClickAsync();
        await desk.FillAsync("E-mail or mobile phone", citizen.Person.Phone);
        await desk.PressAsync("Continue");
        await Expect(desk.Heading("Confirm on your phone")).ToBeVisibleAsync();
    }
}
