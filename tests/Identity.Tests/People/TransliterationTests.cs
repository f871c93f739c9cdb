using Pechat.Identity.People;

namespace Pechat.Identity.Tests.People;

/// <summary>Names checked in domain section 5.6.</summary>
internal sealed class TransliterationTests
{
    [TestCase("Мария Щерева", "Maria Shtereva")]
    [TestCase("София", "Sofia")]
    [TestCase("Марияна Йорданова-Жечева", "Mariyana Yordanova-Zhecheva")]
    [TestCase("Юлия Чакърова", "Yulia Chakarova")]
    [TestCase("Яна Ъгърчинска", "Yana Agarchinska")]
    [TestCase("ИЛИЯ ХРИСТОВ", "ILIA HRISTOV")]
    [TestCase("Хаджидимитър", "Hadzhidimitar")]
    [TestCase("Гьошо Вълчев", "Gyosho Valchev")]
    [TestCase("Андрей Дзверков", "Andrey Dzverkov")]
    [TestCase("Щерева", "Shtereva")]
    [TestCase("ЩЕРЬО", "SHTERYO")]
    [TestCase("България", "Bulgaria")]
    [TestCase("Anna Kowalska", "Anna Kowalska")]
    public void Names_are_written_as_the_act_writes_them(string name, string latin) => Assert.That(Transliteration.ToLatin(name), Is.EqualTo(latin));

    [Test]
    public void A_spelling_of_the_document_wins_and_is_marked_for_review()
    {
        Assert.That(PersonName.TryParse("Юлия", null), Is.EqualTo(new PersonName("Юлия", "Yulia", false)));
        Assert.That(PersonName.TryParse("Юлия", "Julia"), Is.EqualTo(new PersonName("Юлия", "Julia", true)));
        Assert.That(PersonName.TryParse("ИВАН", "Ivan"), Is.EqualTo(new PersonName("ИВАН", "Ivan", false)));
    }

    [TestCase("")]
    [TestCase("  ")]
    [TestCase("Иван<script>")]
    [TestCase("Иван\u0000")]
    [TestCase("-Иван")]
    public void What_is_no_name_is_refused(string name) => Assert.That(PersonName.TryParse(name, null), Is.Null);

    [Test]
    public void A_latin_spelling_with_cyrillic_letters_is_refused() => Assert.That(PersonName.TryParse("Иван", "Ivаn"), Is.Null);
}
