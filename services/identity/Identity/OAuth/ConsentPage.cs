using System.Globalization;
using Pechat.Contracts.Signing.V1;

namespace Pechat.Identity.OAuth;

/// <summary>Shows what will be signed (S-14), from the record that the activation module has; every text is escaped.</summary>
internal static class ConsentPage
{
    private sealed record Words(string Title, string Lead, string For, string Certificate, string Count, string Documents, string Digest, string Confirm);

    private static readonly Words Bulgarian = new(
        "Подписване", "{0} иска да подпишете:", "За какво", "Удостоверение", "Брой подписи", "Документи", "Отпечатък",
        "Сравнете със списъка на телефона си и потвърдете там с ПИН. Тази страница ще продължи сама.");

    private static readonly Words English = new(
        "Sign", "{0} asks you to sign:", "What for", "Certificate", "Number of signatures", "Documents", "Digest",
        "Compare with the list on your phone and confirm there with your PIN. This page will go on by itself.");

    internal static IResult Show(PageText text, ClientOptions client, Guid login, AuthorizationReply reply)
    {
        Words words = text.Language == "en" ? English : Bulgarian;
        string description = reply.Description.Length == 0 ? "" : $"<dt>{LoginPage.E(words.For)}</dt><dd>{LoginPage.E(reply.Description)}</dd>";
        string documents = string.Concat(reply.Digests.Select(d => $"""
            <li>{LoginPage.E(d.Label)}<br><small>{LoginPage.E(words.Digest)} <code>{Convert.ToHexStringLower(d.Hash.Span)}</code></small></li>
            """));
        return LoginPage.Page(text, words.Title, $"""
            <p>{LoginPage.F(words.Lead, client)}</p>
            <dl>{description}<dt>{LoginPage.E(words.Certificate)}</dt><dd>{LoginPage.E(reply.CertificateSubject)}</dd>
            <dt>{LoginPage.E(words.Count)}</dt><dd>{reply.NumSignatures.ToString(CultureInfo.InvariantCulture)}</dd></dl>
            <h2>{LoginPage.E(words.Documents)}</h2><ol>{documents}</ol>
            <p role="status">{LoginPage.E(words.Confirm)}</p>
            <p><a href="/oauth2/login/{login}?cancel=1">{LoginPage.E(text.Cancel)}</a></p>
            """, StatusCodes.Status200OK, $"""
            <noscript><meta http-equiv="refresh" content="3"></noscript><script src="/oauth2/login.js" data-status="/oauth2/login/{login}/status?step=consent" defer></script>
            """);
    }
}
