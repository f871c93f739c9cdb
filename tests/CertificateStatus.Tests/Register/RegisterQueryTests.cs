using Pechat.CertificateStatus.Register;
using Pechat.Contracts;

namespace Pechat.CertificateStatus.Tests.Register;

/// <summary>What may be asked of the register.</summary>
internal sealed class RegisterQueryTests
{
    [TestCase("Мария  ИВАНОВА", "maria ivanova")]
    [TestCase("Mariya Ivanova", "maria ivanova")]
    [TestCase("„Пример“ ООД", "primer ood")]
    [TestCase("O'Neill-Smith", "o neill smith")]
    [TestCase("ﬁrma 24", "firma 24")]
    [TestCase("и\u0306", "y")]
    [TestCase("Γιώργος", "γιώργος")]
    [TestCase("--", "")]
    public void Names_are_compared_by_their_words(string text, string key) => Assert.That(SearchKey.Of(text), Is.EqualTo(key));

    /// <summary>Pairs of the reference's table of transliterated names.</summary>
    [TestCase("Мария Щерева", "Maria Shtereva")]
    [TestCase("Марияна Йорданова-Жечева", "Mariyana Yordanova-Zhecheva")]
    [TestCase("Юлия Чакърова", "Yulia Chakarova")]
    [TestCase("Яна Ъгърчинска", "Yana Agarchinska")]
    [TestCase("ИЛИЯ ХРИСТОВ", "ILIA HRISTOV")]
    [TestCase("Гьошо Вълчев", "Gyosho Valchev")]
    [TestCase("Андрей Дзверков", "Andrey Dzverkov")]
    [TestCase("Хаджидимитър", "Hadzhidimitar")]
    public void Name_in_Cyrillic_finds_the_one_in_Latin(string cyrillic, string latin) => Assert.That(SearchKey.Of(cyrillic), Is.EqualTo(SearchKey.Of(latin)));

    [TestCase("Илия", "Iliyan"), TestCase("мари", "Mariyana"), TestCase("Мария", "Mariyana")]
    public void Beginning_of_a_name_finds_it(string begun, string name) => Assert.That(SearchKey.Of(name), Does.StartWith(SearchKey.Of(begun)));

    [Test]
    public void Every_word_of_a_name_can_begin_a_search() =>
        Assert.That(SearchKey.TurnsOf("Мария Иванова Петрова"), Is.EqualTo(new[] { "maria ivanova petrova", "ivanova petrova maria", "petrova maria ivanova" }));

    [TestCase(null, null, null, null, "criterion_missing")]
    [TestCase(" ", "", null, null, "criterion_missing")]
    [TestCase("Ив", null, null, null, "criterion_too_short")]
    [TestCase("Щю", null, null, null, "criterion_too_short")]
    [TestCase("И.-в", null, null, null, "criterion_too_short")]
    [TestCase("Иванова", "AB", null, null, "criterion_too_short")]
    [TestCase(null, null, "a@", null, "criterion_too_short")]
    [TestCase(null, null, null, "0g1234", "invalid_serial")]
    [TestCase(null, null, "a\0b@example.org", null, "criterion_malformed")]
    public void Too_little_is_refused(string? name, string? organisation, string? email, string? serial, string code) =>
        Assert.That(Refusal(name, organisation, email, serial), Is.EqualTo(code));

    [Test]
    public void Too_much_is_refused() => Assert.That(Refusal(name: new string('а', 201)), Is.EqualTo("criterion_too_long"));

    [TestCase("8001014509"), TestCase("800101 4509"), TestCase("Иванова 8001014509"), TestCase("PNOBG-8001014509"), TestCase("pnobg-80"), TestCase("44051401458"), TestCase("PI:BG-1234")]
    public void Personal_number_is_no_criterion(string number)
    {
        Assert.Multiple(() =>
        {
            Assert.That(Refusal(name: number), Is.EqualTo("personal_number"));
            Assert.That(Refusal(organisation: number), Is.EqualTo("personal_number"));
            Assert.That(Refusal(email: number), Is.EqualTo("personal_number"));
            Assert.That(Refusal(serial: number), Is.EqualTo("personal_number"));
        });
    }

    [Test]
    public void Serial_number_is_taken_as_tools_print_it() =>
        Assert.That(RegisterQuery.Parse(null, null, null, " 4f:0A 1b", null, null, null).Serial, Is.EqualTo("4F0A1B"));

    [TestCase("x"), TestCase("====="), TestCase("bm90aGluZw"), TestCase("QUIA"), TestCase("IGFiYw")]
    public void Foreign_token_is_refused(string after) => Assert.That(Refusal(name: "Иванова", after: after), Is.EqualTo("invalid_after"));

    [TestCase(0), TestCase(-1), TestCase(51)]
    public void Page_has_bounds(int limit) => Assert.That(Refusal(name: "Иванова", limit: limit), Is.EqualTo("invalid_limit"));

    [Test]
    public void Status_is_one_of_a_list() => Assert.That(Refusal(name: "Иванова", status: "good"), Is.EqualTo("invalid_status"));

    [Test]
    public void Token_leads_back_to_the_row()
    {
        RegisterQuery query = RegisterQuery.Parse("Иванова", null, null, null, "valid", RegisterQuery.TokenOf("ivanova maria", "0A1B"), 7);
        Assert.That((query.After, query.Status, query.Limit), Is.EqualTo((("ivanova maria", "0A1B"), "valid", 7)));
    }

    private static string Refusal(
        string? name = null, string? organisation = null, string? email = null, string? serial = null, string? status = null, string? after = null, int? limit = null) =>
        Assert.Throws<FaultException>(() => RegisterQuery.Parse(name, organisation, email, serial, status, after, limit))!.Code;
}
