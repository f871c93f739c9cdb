using Pechat.SignatureActivation.Enrolment;

namespace Pechat.SignatureActivation.Tests.Enrolment;

public sealed class PinPolicyTests
{
    [TestCase("000000"), TestCase("111111"), TestCase("123456"), TestCase("654321"), TestCase("890123"), TestCase("246802"), TestCase("121212")]
    [TestCase("123123"), TestCase("112233"), TestCase("110011"), TestCase("159753"), TestCase("131313"), TestCase("998877")]
    public void Pins_that_people_try_first_are_trivial(string pin) => Assert.That(PinPolicy.IsTrivial(pin), Is.True);

    [TestCase("493817"), TestCase("082645"), TestCase("703918"), TestCase("118273")]
    public void Other_pins_are_not(string pin) => Assert.That(PinPolicy.IsTrivial(pin), Is.False);

    [TestCase("12345"), TestCase("1234567"), TestCase("12345a"), TestCase("٤٩٣٨١٧"), TestCase("")]
    public void Only_six_ascii_digits_are_a_pin(string pin) => Assert.That(PinPolicy.IsWellFormed(pin), Is.False);

    [Test]
    public void Most_pins_may_be_chosen() =>
        Assert.That(Enumerable.Range(0, 1_000_000).Count(number => PinPolicy.IsTrivial(number.ToString("D6", System.Globalization.CultureInfo.InvariantCulture))), Is.InRange(1000, 20_000));
}
