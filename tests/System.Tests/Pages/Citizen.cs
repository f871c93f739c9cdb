using Microsoft.Playwright;
using Pechat.DevHost.MainJob;
using static Microsoft.Playwright.Assertions;

namespace Pechat.SystemTests.Pages;

/// <summary>An invented person with the authenticator open on a phone, who reads and types as people do.</summary>
internal sealed class Citizen(Visitor phone)
{
    public const string Pin = "482915";
    private static readonly CancellationToken None = CancellationToken.None;
    private static Task<Citizen>? _enrolled;

    private string? _insurerToken;

    public DemoPerson Person { get; } = DemoPerson.Invent();

    public string Name => $"{DemoPerson.GivenName} {DemoPerson.Surname}";

    public Visitor Phone { get; } = phone;

    public static async Task<Citizen> NewAsync() => new(await Visitor.ComeAsync(WholeHouse.Layout.AuthenticatorBase, phone: true));

    /// <summary>One citizen with a certificate, for all tests that need no other; the phone shows its home.</summary>
    public static async Task<Citizen> EnrolledAsync()
    {
        Citizen citizen = await (_enrolled ??= EnrolAsync());
        await citizen.Phone.Page.ReloadAsync();
        await citizen.Phone.PressAsync("EN"); // whatever the test before left
        await Expect(citizen.Phone.Heading("Waiting for you")).ToBeVisibleAsync();
        return citizen;
    }

    public async Task RegisterAsync()
    {
        await Phone.FillAsync("E-mail", Person.Email);
        await Phone.FillAsync("Mobile phone", Person.Phone);
        await Phone.PressAsync("Next");
        await Expect(Phone.Heading("Enter the two codes")).ToBeVisibleAsync();
    }

    public async Task EnterCodesAsync()
    {
        await Phone.FillAsync("Code from the e-mail", await Enrol.CodeAsync(WholeHouse.Door, Person.Email, None));
        await Phone.FillAsync("Code from the SMS", await Enrol.CodeAsync(WholeHouse.Door, Person.Phone[1..], None));
        await Phone.PressAsync("Next");
        await Expect(Phone.Page.GetByRole(AriaRole.Button, new() { Name = "I accept the general terms" })).ToBeVisibleAsync();
    }

    public async Task AcceptTermsAsync()
    {
        await Phone.PressAsync("I accept the general terms");
        await Expect(Phone.Heading("Verify your identity")).ToBeVisibleAsync();
    }

    public async Task IdentifyAsync(string? documentNumber = null)
    {
        await Phone.FillAsync("Number of the document", documentNumber ?? Person.DocumentNumber);
        await Phone.FillAsync("Personal number", Person.NationalId);
        await Phone.FillAsync("Given name", DemoPerson.GivenName);
        await Phone.FillAsync("Surname", DemoPerson.Surname);
        await Phone.FillAsync("Date of birth", Person.DateOfBirth.ToString("O", System.Globalization.CultureInfo.InvariantCulture));
        await Phone.PressAsync("Next");
    }

    public async Task ChoosePinAsync()
    {
        await Expect(Phone.Heading("Choose a PIN")).ToBeVisibleAsync();
        await Phone.FillAsync("PIN", Pin);
        await Phone.FillAsync("PIN again", Pin);
        await Phone.PressAsync("Done");
        await Expect(Phone.Heading("Waiting for you")).ToBeVisibleAsync();
    }

    /// <summary>Asks for a certificate and agrees to it.</summary>
    /// <returns>The entry in the list of certificates, once it is there.</returns>
    public async Task<ILocator> ObtainCertificateAsync()
    {
        await Phone.PressAsync("Get a certificate");
        await Phone.PressAsync("The data are right and I accept the agreement");
        ILocator certificate = Phone.Page.Locator("[data-serial]");
        await Expect(certificate).ToBeVisibleAsync(new() { Timeout = 60_000 });
        return certificate;
    }

    /// <summary>Picks a number of the login that waits.</summary>
    public async Task PickAsync(string number) => await Phone.Page.Locator("[data-login]").GetByRole(AriaRole.Button, new() { Name = number, Exact = true }).ClickAsync();

    /// <summary>A relying party's token, after a login that the citizen confirms on the phone.</summary>
    public async Task<string> LogInAtAsync(string client)
    {
        Task<string> token = Login.AsCustomerAsync(WholeHouse.Door, client, Person.Email, None);
        ILocator login = Phone.Page.Locator("[data-login]");
        await Expect(login).ToBeVisibleAsync();
        string id = await login.GetAttributeAsync("data-login") ?? "";
        await PickAsync($"{await LoginNumber.SeeAsync(WholeHouse.Layout, Guid.Parse(id), None)}"); // the browser is a script and shows no page
        return await token;
    }

    /// <summary>The insurer's view of this customer, after a login that the customer confirms on the phone; the customer pays.</summary>
    public async Task<(Csc Csc, string Credential)> AtTheInsurerAsync()
    {
        _insurerToken ??= await LogInAtAsync(Login.Insurer);
        var csc = new Csc(WholeHouse.Door, _insurerToken);
        var credentials = await Polling.UntilAsync(() => csc.CredentialsAsync(None), all => all.Count > 0, TimeSpan.FromSeconds(30), "CSC lists no credential", None);
        return (csc, (string)credentials[0]!);
    }

    /// <summary>The units that the phone shows, once the free ones have been granted.</summary>
    public async Task<string> UnitsAsync()
    {
        ILocator figure = Phone.Page.Locator(".figure");
        await Expect(figure).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^[1-9]"));
        return await figure.TextContentAsync() ?? "";
    }

    /// <summary>Opens the request that waits.</summary>
    public async Task ReviewAsync()
    {
        await Phone.PressAsync("Review");
        await Expect(Phone.Heading("Sign")).ToBeVisibleAsync();
    }

    public async Task EnterPinAsync(string pin)
    {
        await Phone.FillAsync("PIN", pin);
        await Phone.PressAsync("Sign");
    }

    private static async Task<Citizen> EnrolAsync()
    {
        Citizen citizen = await NewAsync();
        await citizen.RegisterAsync();
        await citizen.EnterCodesAsync();
        await citizen.AcceptTermsAsync();
        await citizen.IdentifyAsync();
        await citizen.ChoosePinAsync();
        await citizen.ObtainCertificateAsync();
        return citizen;
    }
}
