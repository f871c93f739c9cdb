using Pechat.Identity.Registration;

namespace Pechat.Identity.Tests.Registration;

internal sealed class ContactTests
{
    [TestCase("0888 123 456")]
    [TestCase("00359888123456")]
    [TestCase("+359 888 123456")]
    [TestCase("+359888123456")]
    [TestCase("0888123456")]
    public void All_spellings_of_a_number_are_one(string typed) => Assert.That(PhoneNumber.TryParse(typed)?.Value, Is.EqualTo("+359888123456"));

    [TestCase("+3591")]
    [TestCase("12345")]
    [TestCase("+35921234567", Description = "a landline in Sofia takes no SMS")]
    [TestCase("+1234567890123456")]
    [TestCase("phone")]
    [TestCase(null)]
    public void What_takes_no_SMS_is_refused(string? typed) => Assert.That(PhoneNumber.TryParse(typed), Is.Null);

    [TestCase("ivan@example.com")]
    [TestCase("Ivan.Petrov+tag@sub.example.bg")]
    public void An_address_is_kept_as_typed_and_compared_without_case(string typed)
    {
        Assert.That(EmailAddress.TryParse(typed)?.Typed, Is.EqualTo(typed));
        Assert.That(EmailAddress.TryParse(typed)?.Key, Is.EqualTo(typed.ToLowerInvariant()));
    }

    [TestCase("ivan")]
    [TestCase("ivan@example")]
    [TestCase("ivan@@example.com")]
    [TestCase("ivan@example.com\r\nBcc: all@example.com")]
    [TestCase("ivan petrov@example.com")]
    [TestCase(".ivan@example.com")]
    public void What_is_no_address_is_refused(string typed) => Assert.That(EmailAddress.TryParse(typed), Is.Null);

    [Test]
    public void Codes_have_six_digits_and_confirm_only_what_they_were_made_for()
    {
        var codes = new OneTimeCodes(new byte[32]);
        for (int i = 0; i < 100; i++)
            Assert.That(OneTimeCodes.New(), Does.Match("^[0-9]{6}$"));
        byte[] stored = codes.Hash("registration 1", "123456");
        Assert.That(codes.Matches(stored, "registration 1", "123456"), Is.True);
        Assert.That(codes.Matches(stored, "registration 1", "123457"), Is.False);
        Assert.That(codes.Matches(stored, "registration 2", "123456"), Is.False);
    }
}
