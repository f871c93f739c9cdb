using Microsoft.Extensions.Primitives;

namespace Pechat.Identity.OAuth;

/// <summary>What the login pages say in one language.</summary>
internal sealed record PageText(
    string Language, string Title, string Lead, string Label, string Continue, string Unreadable, string TooMany,
    string WaitTitle, string WaitLead, string Number, string Cancel, string EndedTitle, string EndedLead, string Back, string RefusedTitle, string RefusedLead)
{
    private static readonly PageText Bulgarian = new(
        "bg", "Вход", "Влизате в {0}. Входът се потвърждава на телефона Ви.", "Имейл или мобилен телефон", "Напред",
        "Въведете имейл адрес или номер на мобилен телефон.", "Твърде много опити. Опитайте отново след 10 минути.",
        "Потвърдете на телефона", "Отворете приложението на телефона си и потвърдете входа в {0} до 2 минути. Тази страница ще продължи сама.", "Изберете на телефона числото",
        "Отказ", "Входът не беше потвърден", "Времето за потвърждение изтече.", "Обратно към {0}",
        "Заявката не може да бъде изпълнена", "Връзката, по която дойдохте, е невалидна или вече е използвана. Върнете се в приложението и опитайте отново.");

    private static readonly PageText English = new(
        "en", "Log in", "You are logging in to {0}. You confirm it on your phone.", "E-mail or mobile phone", "Continue",
        "Enter an e-mail address or the number of a mobile phone.", "Too many attempts. Try again in 10 minutes.",
        "Confirm on your phone", "Open the app on your phone and confirm the login to {0} within 2 minutes. This page will go on by itself.", "On your phone, pick the number",
        "Cancel", "The login was not confirmed", "The time to confirm it is over.", "Back to {0}",
        "This request cannot be served", "The link that brought you here is not valid or was used before. Go back to the application and try again.");

    /// <summary>By language code; anything but <c>en</c> is Bulgarian.</summary>
    internal static PageText Of(string language) => language == "en" ? English : Bulgarian;

    /// <summary>What the visitor prefers: <c>lang</c> or <c>ui_locales</c> of the request, else Accept-Language.</summary>
    internal static PageText For(HttpContext context, IEnumerable<KeyValuePair<string, StringValues>>? parameters = null)
    {
        string One(string name) => (parameters ?? context.Request.Query).FirstOrDefault(p => p.Key == name).Value.ToString();
        IEnumerable<string> wishes =
        [
            One("lang"),
            .. One("ui_locales").Split(' '),
            .. context.Request.GetTypedHeaders().AcceptLanguage.OrderByDescending(l => l.Quality ?? 1).Select(l => l.Value.ToString()),
        ];
        string? wish = wishes.Select(w => w.Split('-')[0].ToLowerInvariant()).FirstOrDefault(w => w is "bg" or "en");
        return Of(wish ?? "bg");
    }
}
