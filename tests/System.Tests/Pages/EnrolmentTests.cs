using static Microsoft.Playwright.Assertions;

namespace Pechat.SystemTests.Pages;

/// <summary>From an unknown person to one with a certificate, on the pages of the authenticator.</summary>
internal sealed class EnrolmentTests : PageTests
{
    private const string KeyKept = """
        async () => {
          const db = await new Promise((good, bad) => { const r = indexedDB.open('pechat'); r.onsuccess = () => good(r.result); r.onerror = () => bad(r.error); });
          const read = db.transaction('device').objectStore('device').get('state');
          const { keys } = await new Promise(good => { read.onsuccess = () => good(read.result); });
          db.close();
          const leaves = await crypto.subtle.exportKey('jwk', keys.privateKey).then(() => true, () => false);
          return keys.privateKey.type === 'private' && !keys.privateKey.extractable && !leaves;
        }
        """;

    [Test]
    public async Task A_citizen_registers_is_identified_binds_the_phone_and_gets_a_certificate()
    {
        Citizen citizen = await NewCitizenAsync();
        await citizen.Phone.InspectAsync("contacts");
        await citizen.RegisterAsync();
        await citizen.Phone.InspectAsync("codes");
        await citizen.EnterCodesAsync();
        await citizen.Phone.InspectAsync("terms");
        await citizen.AcceptTermsAsync();
        await citizen.Phone.InspectAsync("identity");
        await citizen.IdentifyAsync();
        await Expect(citizen.Phone.Heading("Choose a PIN")).ToBeVisibleAsync();
        await citizen.Phone.InspectAsync("pin");
        await citizen.ChoosePinAsync();
        await Expect(citizen.Phone.Page.GetByText("You have no certificate yet.")).ToBeVisibleAsync();
        await citizen.Phone.InspectAsync("home-new");

        var certificate = await citizen.ObtainCertificateAsync();

        await Expect(certificate).ToContainTextAsync("Maria Primerova"); // certificates carry the Latin letters of the Transliteration Act
        await Expect(certificate).ToContainTextAsync("Cloud, personal");
        await citizen.Phone.InspectAsync("home-certificate");
    }

    [Test]
    public async Task The_key_of_the_phone_cannot_leave_the_browser_and_survives_a_reload()
    {
        Citizen citizen = await EnrolledCitizenAsync();
        Assert.That(await citizen.Phone.Page.EvaluateAsync<bool>(KeyKept));

        await citizen.Phone.Page.ReloadAsync();

        await Expect(citizen.Phone.Page.GetByText($"Hello, {citizen.Name}")).ToBeVisibleAsync(); // answered to a token that only this key gets
        Assert.That(await citizen.Phone.Page.EvaluateAsync<bool>(KeyKept));
    }

    [Test]
    public async Task What_is_missing_or_wrong_is_said_at_the_field_in_the_language_of_the_page()
    {
        Citizen citizen = await NewCitizenAsync();
        await citizen.Phone.FillAsync("Mobile phone", "12");
        await citizen.Phone.PressAsync("Next");

        var page = citizen.Phone.Page;
        await Expect(page.GetByLabel("E-mail")).ToBeFocusedAsync();
        await Expect(page.GetByLabel("E-mail")).ToHaveAccessibleDescriptionAsync("Fill in this field.");
        await Expect(page.GetByLabel("Mobile phone")).ToHaveAccessibleDescriptionAsync(new System.Text.RegularExpressions.Regex("Enter a mobile number"));
        await citizen.Phone.AccessibleAsync("contacts-wrong");
    }

    [Test]
    public async Task A_wrong_code_and_an_unconfirmed_identity_say_the_next_step_and_can_be_mended()
    {
        ExpectedRefusals = [400, 401];
        Citizen citizen = await NewCitizenAsync();
        await citizen.RegisterAsync();
        await citizen.Phone.FillAsync("Code from the e-mail", "000000");
        await citizen.Phone.FillAsync("Code from the SMS", "000000");
        await citizen.Phone.PressAsync("Next");
        await Expect(citizen.Phone.Page.GetByRole(Microsoft.Playwright.AriaRole.Alert).Filter(new() { HasText = "One of the codes is wrong." })).ToBeVisibleAsync();

        await citizen.EnterCodesAsync();
        await citizen.AcceptTermsAsync();
        await citizen.IdentifyAsync(citizen.Person.DocumentNumber + "N"); // the development verifier refuses such documents
        await Expect(citizen.Phone.Page.GetByText("Your identity was not confirmed.")).ToBeVisibleAsync();
        await citizen.Phone.AccessibleAsync("identity-refused");

        await citizen.IdentifyAsync();
        await Expect(citizen.Phone.Heading("Choose a PIN")).ToBeVisibleAsync();
    }

    [Test]
    public async Task A_suspended_verification_asks_for_an_answer_and_goes_on_with_it()
    {
        Citizen citizen = await NewCitizenAsync();
        await citizen.RegisterAsync();
        await citizen.EnterCodesAsync();
        await citizen.AcceptTermsAsync();
        await citizen.IdentifyAsync(citizen.Person.DocumentNumber + "S"); // the development verifier suspends such documents until they are explained

        await Expect(citizen.Phone.Heading("A clarification is needed")).ToBeVisibleAsync();
        await citizen.Phone.InspectAsync("identity-suspended");
        await citizen.Phone.FillAsync("Your answer", "The name changed with the marriage.");
        await citizen.Phone.PressAsync("Send");

        await Expect(citizen.Phone.Heading("Choose a PIN")).ToBeVisibleAsync();
    }
}
