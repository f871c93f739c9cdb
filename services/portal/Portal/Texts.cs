using Microsoft.AspNetCore.Localization;

namespace Pechat.Portal;

/// <summary>Every text of the portal in Bulgarian and English; the language is the visitor's choice, else the browser's.</summary>
internal sealed class Texts(IHttpContextAccessor accessor)
{
    internal const string CookieName = "language";

    private static readonly Dictionary<string, (string Bulgarian, string English)> All = new(StringComparer.Ordinal)
    {
        ["skip"] = ("Към съдържанието", "Skip to content"),
        ["title"] = ("Електронен подпис в облака", "Electronic signature in the cloud"),
        ["lead"] = ("Подписвайте документи с квалифициран електронен подпис от телефона си: без карта, без четец и без програми за инсталиране.",
            "Sign documents with a qualified electronic signature from your phone: no card, no reader, nothing to install."),
        ["step1"] = ("Създайте профил на телефона си и потвърдете самоличността си.", "Create a profile on your phone and verify your identity."),
        ["step2"] = ("Получете безплатно удостоверение, валидно три години.", "Get a certificate free of charge, valid for three years."),
        ["step3"] = ("Потвърждавайте всеки подпис с ПИН на телефона.", "Confirm every signature with the PIN on your phone."),
        ["begin"] = ("Започнете на телефона", "Begin on your phone"),
        ["login"] = ("Вход", "Log in"),
        ["logout"] = ("Изход", "Log out"),
        ["loginFailed"] = ("Входът не беше потвърден. Опитайте отново.", "The login was not confirmed. Please try again."),
        ["account"] = ("Моят профил", "My profile"),
        ["name"] = ("Име", "Name"),
        ["email"] = ("Имейл", "E-mail"),
        ["phone"] = ("Телефон", "Phone"),
        ["certificates"] = ("Удостоверения", "Certificates"),
        ["noCertificates"] = ("Нямате удостоверения. Поискайте удостоверение на телефона си.", "You have no certificates. Ask for one on your phone."),
        ["subject"] = ("Титуляр", "Holder"),
        ["serial"] = ("Сериен номер", "Serial number"),
        ["status"] = ("Състояние", "Status"),
        ["validTo"] = ("Валидно до", "Valid until"),
        ["valid"] = ("валидно", "valid"),
        ["expired"] = ("изтекло", "expired"),
        ["revoked"] = ("прекратено", "revoked"),
        ["suspended"] = ("спряно", "suspended"),
        ["units"] = ("Оставащи подписи", "Signatures left"),
        ["unlimited"] = ("неограничено", "unlimited"),
        ["package"] = ("Пакет", "Package"),
        ["archive"] = ("Архив на подписани документи", "Archive of signed documents"),
        ["archiveEmpty"] = ("Още няма подписани документи.", "No signed documents yet."),
        ["unavailable"] = ("В момента не може да се покаже. Опитайте отново след малко.", "This cannot be shown at the moment. Please try again shortly."),
        ["notFound"] = ("Страницата не съществува.", "This page does not exist."),
        ["home"] = ("Начало", "Home"),
    };

    /// <summary><c>bg</c> or <c>en</c>.</summary>
    internal string Language => accessor.HttpContext?.Features.Get<IRequestCultureFeature>()?.RequestCulture.UICulture.TwoLetterISOLanguageName == "bg" ? "bg" : "en";

    /// <summary>The text of a key in the visitor's language; an unknown key is a defect and throws.</summary>
    internal string this[string key] => Language == "bg" ? All[key].Bulgarian : All[key].English;

    internal static IReadOnlyDictionary<string, (string Bulgarian, string English)> Everything => All;
}
