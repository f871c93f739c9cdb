using Pechat.Identity.People;

namespace Pechat.Identity.Tests.People;

/// <summary>Numbers of domain sections 5.1, 5.2, 5.4 and 20; all are synthetic.</summary>
internal sealed class PersonalNumberTests
{
    [TestCase("8503124420", "1985-03-12")]
    [TestCase("0447301057", "2004-07-30")]
    [TestCase("9932310011", "1899-12-31")]
    [TestCase("8001010013", "1980-01-01")]
    [TestCase("8503120050", "1985-03-12")] // remainder 10 counts as 0
    public void An_EGN_carries_its_date_of_birth(string number, string born)
    {
        var read = PersonalNumber.TryParse(PersonalNumberType.Egn, number);
        Assert.That(read?.BirthDate, Is.EqualTo(DateOnly.Parse(born, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.That(read!.SemanticsIdentifier, Is.EqualTo("PNOBG-" + number));
    }

    [TestCase("8503124421", Description = "check digit")]
    [TestCase("7901011234", Description = "check digit; printed in a vendor's manual")]
    [TestCase("7705256443", Description = "check digit; printed in a vendor's manual")]
    [TestCase("8502304420", Description = "30 February")]
    [TestCase("850312442")]
    [TestCase("85031244200")]
    [TestCase("85031244२0", Description = "a digit of another script")]
    [TestCase("")]
    public void A_wrong_EGN_is_refused(string number) => Assert.That(PersonalNumber.TryParse(PersonalNumberType.Egn, number), Is.Null);

    [TestCase("1000123458")]
    [TestCase("7001234568")]
    [TestCase("9000000010")]
    public void A_foreigners_number_is_a_national_scheme_in_certificates(string number) =>
        Assert.That(PersonalNumber.TryParse(PersonalNumberType.Lnch, number)?.SemanticsIdentifier, Is.EqualTo("PI:BG-" + number));

    [Test]
    public void A_wrong_foreigners_number_is_refused() => Assert.That(PersonalNumber.TryParse(PersonalNumberType.Lnch, "1000123457"), Is.Null);

    [TestCase("85031212343", "1985-03-12")]
    [TestCase("02273001234", "2002-07-30")]
    public void A_PESEL_carries_its_date_of_birth(string number, string born) =>
        Assert.That(PersonalNumber.TryParse(PersonalNumberType.Pesel, number)?.BirthDate, Is.EqualTo(DateOnly.Parse(born, System.Globalization.CultureInfo.InvariantCulture)));

    [Test]
    public void A_wrong_PESEL_is_refused() => Assert.That(PersonalNumber.TryParse(PersonalNumberType.Pesel, "85031212344"), Is.Null);

    [TestCase("8006150002")]
    [TestCase("8006150091")]
    [TestCase("8006150105")]
    public void A_number_that_is_both_is_taken_as_EGN_unless_its_type_is_known(string number)
    {
        Assert.That(PersonalNumber.Recognise("BG", number)?.Type, Is.EqualTo(PersonalNumberType.Egn));
        Assert.That(PersonalNumber.TryParse(PersonalNumberType.Lnch, number)?.Type, Is.EqualTo(PersonalNumberType.Lnch));
    }

    [Test]
    public void A_number_that_is_no_EGN_is_tried_as_a_foreigners() =>
        Assert.That(PersonalNumber.Recognise("BG", "7001234568")?.Type, Is.EqualTo(PersonalNumberType.Lnch));

    [Test]
    public void Only_the_first_six_digits_are_ever_shown() =>
        Assert.That(PersonalNumber.Recognise("BG", "8503124420")!.Masked, Is.EqualTo("850312****"));
}
