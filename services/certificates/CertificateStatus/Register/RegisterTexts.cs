namespace Pechat.CertificateStatus.Register;

/// <summary>Every text of the register's page in Bulgarian and English.</summary>
internal sealed class RegisterTexts
{
    private static readonly Dictionary<string, (string Bulgarian, string English)> All = new(StringComparer.Ordinal)
    {
        ["title"] = ("Публичен регистър на удостоверенията", "Public register of certificates"),
        ["skip"] = ("Към съдържанието", "Skip to content"),
        ["home"] = ("Начало", "Home"),
        ["lead"] = ("Търсете по име, организация, имейл или сериен номер. По личен номер не се търси и личен номер не се показва.",
            "Search by name, organisation, e-mail or serial number. Personal numbers can neither be searched for nor seen."),
        ["notDocument"] = ("Състоянието на удостоверението не казва дали подписът на даден документ е валиден; за това проверете самия документ.",
            "The status of a certificate does not tell whether the signature of a document is valid; for that, validate the document itself."),
        ["name"] = ("Име на титуляря", "Name of the holder"),
        ["organisation"] = ("Организация", "Organisation"),
        ["email"] = ("Имейл (точно)", "E-mail (exact)"),
        ["serial"] = ("Сериен номер (шестнадесетичен, точно)", "Serial number (hexadecimal, exact)"),
        ["status"] = ("Състояние", "Status"),
        ["any"] = ("всички", "any"),
        ["valid"] = ("валидно", "valid"),
        ["suspended"] = ("спряно", "suspended"),
        ["revoked"] = ("прекратено", "revoked"),
        ["expired"] = ("изтекло", "expired"),
        ["invalid"] = ("невалидно (прекратено или изтекло)", "invalid (revoked or expired)"),
        ["search"] = ("Търсене", "Search"),
        ["none"] = ("Няма намерени удостоверения.", "No certificates were found."),
        ["found"] = ("Намерени удостоверения", "Certificates found"),
        ["holder"] = ("Титуляр", "Holder"),
        ["withheld"] = ("не се публикува", "not published"),
        ["serialShort"] = ("Сериен номер", "Serial number"),
        ["issuer"] = ("Издател", "Issuer"),
        ["validity"] = ("Валидност", "Validity"),
        ["since"] = ("от", "since"),
        ["certificate"] = ("Удостоверение", "Certificate"),
        ["download"] = ("Изтегляне", "Download"),
        ["next"] = ("Следваща страница", "Next page"),
        ["criterion_missing"] = ("Попълнете поне едно поле.", "Fill in at least one field."),
        ["criterion_too_short"] = ("Въведете поне три букви или цифри.", "Enter at least three letters or digits."),
        ["criterion_too_long"] = ("Текстът е твърде дълъг.", "The text is too long."),
        ["criterion_malformed"] = ("Текстът съдържа непозволен знак.", "The text holds a character that is not allowed."),
        ["personal_number"] = ("В регистъра не се търси по личен номер.", "The register cannot be searched by personal number."),
        ["invalid_serial"] = ("Серийният номер се състои от цифри и букви от A до F.", "A serial number consists of digits and the letters A to F."),
        ["invalid_status"] = ("Изберете състояние от списъка.", "Choose a status from the list."),
        ["invalid_after"] = ("Тази страница вече не съществува. Търсете отново.", "This page does not exist any more. Please search again."),
    };

    /// <param name="language"><c>bg</c>, or anything else for English.</param>
    internal RegisterTexts(string language) => Language = language == "bg" ? "bg" : "en";

    /// <summary><c>bg</c> or <c>en</c>.</summary>
    internal string Language { get; }

    internal static IReadOnlyDictionary<string, (string Bulgarian, string English)> Everything => All;

    /// <summary>The text of a key; an unknown key is a defect and throws.</summary>
    internal string this[string key] => Language == "bg" ? All[key].Bulgarian : All[key].English;
}
