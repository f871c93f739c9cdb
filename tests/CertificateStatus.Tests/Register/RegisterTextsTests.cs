using Pechat.CertificateStatus.Register;

namespace Pechat.CertificateStatus.Tests.Register;

internal sealed class RegisterTextsTests
{
    [Test]
    public void Every_text_is_there_in_both_languages_and_in_the_letters_of_its_language()
    {
        foreach ((string key, (string bulgarian, string english)) in RegisterTexts.Everything)
        {
            Assert.That(bulgarian, Does.Match("[а-я]"), key);
            Assert.That(english, Does.Match("[a-z]").And.Not.Match("[а-я]"), key);
        }
    }
}
