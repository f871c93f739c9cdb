using System.Security.Cryptography;
using Microsoft.Playwright;
using Pechat.DevHost.MainJob;
using static Microsoft.Playwright.Assertions;

namespace Pechat.SystemTests.Pages;

/// <summary>A relying party asks for signatures, and the citizen decides on the phone.</summary>
internal sealed class SigningRequestTests : PageTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Test]
    public async Task What_is_asked_is_shown_with_who_what_cost_and_until_and_the_pin_signs_it()
    {
        Citizen citizen = await EnrolledCitizenAsync();
        (Csc csc, string credential) = await citizen.AtTheInsurerAsync();
        byte[] pdf = await File.ReadAllBytesAsync(WholeHouse.Sample("classic.pdf"));
        Task<byte[]> signing = csc.SignPdfAsync(credential, "Household policy 2026.pdf", pdf, None);

        ILocator card = citizen.Phone.Page.Locator("[data-request]");
        await Expect(card).ToContainTextAsync("Demonstration insurer");
        await Expect(card).ToContainTextAsync("1 signature of your package");
        await Expect(card).ToContainTextAsync("Until");
        await citizen.Phone.InspectAsync("home-request");
        await citizen.ReviewAsync();
        ILocator page = citizen.Phone.Page.GetByRole(AriaRole.Main);
        foreach (string shown in new[] { "Demonstration insurer", "Household policy 2026.pdf", "1 signature of your package", "Until" })
            await Expect(page).ToContainTextAsync(shown);
        await citizen.Phone.InspectAsync("request");
        await citizen.EnterPinAsync(Citizen.Pin);

        await Expect(citizen.Phone.Page.GetByText("Signed for Demonstration insurer.")).ToBeVisibleAsync();
        byte[] signed = await signing;
        Assert.That(signed.AsSpan(0, pdf.Length).SequenceEqual(pdf), "the signature is added behind the document");
        using var files = new MainJob.Scratch();
        Assert.That(await Outcome.ValidateAsync(WholeHouse.Door, "", files.Write("signed.pdf", signed), None), Does.Contain("TOTAL-PASSED"));
    }

    [Test]
    public async Task A_wrong_pin_is_said_with_the_tries_left_and_the_right_one_still_signs()
    {
        ExpectedRefusals = [401];
        Citizen citizen = await EnrolledCitizenAsync();
        (Csc csc, string credential) = await citizen.AtTheInsurerAsync();
        byte[] digest = SHA256.HashData(RandomNumberGenerator.GetBytes(32));
        Task<byte[]> signing = csc.SignHashAsync(credential, digest, None);
        await citizen.ReviewAsync();

        await citizen.EnterPinAsync("135791");
        ILocator alert = citizen.Phone.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "Wrong PIN." });
        await Expect(alert).ToHaveTextAsync("Wrong PIN. Tries left: 4.");
        await Expect(citizen.Phone.Page.GetByLabel("PIN")).ToBeFocusedAsync();
        await Expect(citizen.Phone.Page.GetByLabel("PIN")).ToHaveValueAsync("");
        await citizen.Phone.AccessibleAsync("request-wrong-pin");

        await citizen.EnterPinAsync(Citizen.Pin);
        await Expect(citizen.Phone.Page.GetByText("Signed for Demonstration insurer.")).ToBeVisibleAsync();
        using var chain = (await csc.ChainAsync(credential, None))[0];
        Assert.That(Csc.Verifies(chain, digest, await signing));
    }

    [Test]
    public async Task A_declined_request_is_told_to_the_client_and_nothing_is_charged()
    {
        Citizen citizen = await EnrolledCitizenAsync();
        (Csc csc, string credential) = await citizen.AtTheInsurerAsync();
        string before = await citizen.UnitsAsync();
        Task<byte[]> signing = csc.SignPdfAsync(credential, "Unwanted.pdf", await File.ReadAllBytesAsync(WholeHouse.Sample("classic.pdf")), None);
        await citizen.ReviewAsync();

        await citizen.Phone.PressAsync("Decline");

        await Expect(citizen.Phone.Page.GetByText("Nothing was signed.")).ToBeVisibleAsync();
        await Expect(citizen.Phone.Page.GetByText("Nothing is waiting.")).ToBeVisibleAsync();
        RefusedException refusal = Assert.ThrowsAsync<RefusedException>(() => signing)!;
        Assert.That(refusal.Message, Does.Contain("The signer declined the request"));
        await citizen.Phone.Page.ReloadAsync();
        Assert.That(await citizen.UnitsAsync(), Is.EqualTo(before));
    }
}
