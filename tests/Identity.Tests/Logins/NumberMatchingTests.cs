using System.Net;
using System.Text.RegularExpressions;
using Pechat.Identity.Tests.OAuth;

namespace Pechat.Identity.Tests.Logins;

/// <summary>The login page shows a number, the phone picks it among three.</summary>
internal sealed partial class NumberMatchingTests : OAuthTestBase
{
    [Test]
    public async Task The_page_shows_one_of_the_three_numbers_of_the_phone_and_that_one_confirms()
    {
        var login = await Start(Url(Ask()));
        short shown = short.Parse(ShownNumber().Match(await (await Look(login)).Content.ReadAsStringAsync()).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        short[] choices = await ChoicesAsync(login.Id);
        Assert.That(choices, Has.Length.EqualTo(3).And.Unique.And.Member(shown));
        Assert.That(choices, Has.All.InRange(10, 99));

        Assert.That((await Phone.DecideAsync(login.Id, "confirm", pick: shown)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));

        Assert.That(Parameters(await Look(login)), Contains.Key("code"));
    }

    [Test]
    public async Task Another_number_ends_the_login_for_good()
    {
        var login = await Start(Url(Ask()));
        short right = (await Identity.NumberAsync(login.Id))!.Value;
        short wrong = (await ChoicesAsync(login.Id)).First(number => number != right);

        await Refused(await Phone.DecideAsync(login.Id, "confirm", pick: wrong), HttpStatusCode.Forbidden, "wrong_number");

        await Refused(await Phone.DecideAsync(login.Id, "confirm", pick: right), HttpStatusCode.Conflict, "illegal_state");
        Assert.That(Parameters(await Look(login))["error"], Is.EqualTo("access_denied"));
    }

    [Test]
    public async Task The_picked_number_is_inside_what_the_phone_signs()
    {
        var login = await Start(Url(Ask()));
        short right = (await Identity.NumberAsync(login.Id))!.Value;

        await Refused(await Phone.DecideAsync(login.Id, "confirm", pick: right, signedPick: (short)(right ^ 1)), HttpStatusCode.Forbidden, "invalid_proof");

        Assert.That((await Phone.DecideAsync(login.Id, "confirm", pick: right)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent), "a refused proof decides nothing");
    }

    [Test]
    public async Task A_confirmation_without_a_number_does_not_confirm()
    {
        var login = await Start(Url(Ask()));

        await Refused(await Phone.DecideAsync(login.Id, "confirm", withNumber: false), HttpStatusCode.BadRequest, "number_required");

        Assert.That(await ChoicesAsync(login.Id), Has.Length.EqualTo(3), "the login still waits");
        Assert.That((await Phone.DecideAsync(login.Id, "decline")).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
    }

    private async Task<short[]> ChoicesAsync(Guid login) =>
        [.. (await Phone.LoginsAsync()).Single(l => l.GetProperty("id").GetGuid() == login).GetProperty("numbers").EnumerateArray().Select(n => n.GetInt16())];

    [GeneratedRegex("""<p class="number"><span>[^<]*</span> <strong>(\d\d)</strong>""")]
    private static partial Regex ShownNumber();
}
