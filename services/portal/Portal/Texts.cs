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
        ["how"] = ("Как започвате", "How to begin"),
        ["step1"] = ("Създайте профил", "Create a profile"),
        ["step1more"] = ("На телефона си, с имейл и мобилен номер. После потвърдете самоличността си.", "On your phone, with e-mail and mobile number. Then verify your identity."),
        ["step2"] = ("Получете удостоверение", "Get a certificate"),
        ["step2more"] = ("Безплатно, за секунди, валидно три години.", "Free of charge, within seconds, valid for three years."),
        ["step3"] = ("Подписвайте с ПИН", "Sign with your PIN"),
        ["step3more"] = ("Виждате кой какво иска и потвърждавате или отказвате.", "You see who asks for what, and confirm or decline."),
        ["begin"] = ("Започнете на телефона", "Begin on your phone"),
        ["login"] = ("Вход", "Log in"),
        ["logout"] = ("Изход", "Log out"),
        ["loginFailed"] = ("Входът не беше потвърден. Опитайте отново.", "The login was not confirmed. Please try again."),
        ["profile"] = ("Данни за контакт", "Contact data"),
        ["loginEnded"] = ("Достъпът беше прекратен от друго място. Влезте отново.", "Your access was ended from elsewhere. Please log in again."),
        ["account"] = ("Моят профил", "My profile"),
        ["email"] = ("Имейл", "E-mail"),
        ["phone"] = ("Телефон", "Phone"),
        ["certificates"] = ("Удостоверения", "Certificates"),
        ["noCertificates"] = ("Нямате удостоверения. Поискайте удостоверение на телефона си.", "You have no certificates. Ask for one on your phone."),
        ["serial"] = ("Сериен номер", "Serial number"),
        ["validTo"] = ("Валидно до", "Valid until"),
        ["valid"] = ("валидно", "valid"),
        ["expired"] = ("изтекло", "expired"),
        ["revoked"] = ("прекратено", "revoked"),
        ["suspended"] = ("спряно", "suspended"),
        ["units"] = ("Оставащи подписи", "Signatures left"),
        ["unlimited"] = ("неограничено", "unlimited"),
        ["archive"] = ("Архив на подписани документи", "Archive of signed documents"),
        ["archiveEmpty"] = ("Още няма подписани документи.", "No signed documents yet."),
        ["sessions"] = ("Къде сте влезли", "Where you are logged in"),
        ["thisSession"] = ("този браузър", "this browser"),
        ["endSession"] = ("Прекрати достъпа", "End access"),
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
