using Microsoft.Net.Http.Headers;
using Pechat.AdES.Validation;

namespace Pechat.Validation.Documents;

/// <summary>Texts of a report in the language of the reader.</summary>
/// <param name="Language">Tag of the language, <c>en</c> or <c>bg</c>.</param>
internal sealed record ReportTexts(string Language)
{
    private bool IsBulgarian => Language == "bg";

    internal string NoSignature => IsBulgarian ? "В документа няма подпис." : "The document carries no signature.";

    /// <summary>The most wanted language that we have; English when none is.</summary>
    internal static ReportTexts For(HttpRequest request) => new(request.GetTypedHeaders().AcceptLanguage
        .Where(each => (each.Quality ?? 1) > 0)
        .OrderByDescending(each => each, StringWithQualityHeaderValueComparer.QualityComparer)
        .Select(each => each.Value.ToString().Split('-')[0].ToLowerInvariant())
        .FirstOrDefault(each => each is "bg" or "en") ?? "en");

    internal string Of(Indication indication, SubIndication? reason) => reason is { } cause ? Of(cause) : indication switch
    {
        Indication.TotalPassed => Choose("The signature is valid.", "Подписът е валиден."),
        _ => Choose("It cannot be said whether the signature is valid.", "Не може да се установи дали подписът е валиден."),
    };

    internal string Of(Check check) => $"{Of(check.Name)}: {(check.Status switch
    {
        CheckStatus.Passed => Choose("in order", "в ред"),
        CheckStatus.Warning => Choose("in order, with a remark", "в ред, със забележка"),
        CheckStatus.Failed => Choose("not in order", "не е в ред"),
        _ => Choose("not checked", "не е проверено"),
    })}";

    private string Of(CheckName name) => name switch
    {
        CheckName.Format => Choose("Structure of the file and the signature", "Структура на файла и подписа"),
        CheckName.SigningCertificate => Choose("Certificate of the signer", "Удостоверение на подписалия"),
        CheckName.Hash => Choose("Integrity of the document", "Цялост на документа"),
        CheckName.SignatureValue => Choose("Cryptographic value of the signature", "Криптографска стойност на подписа"),
        CheckName.Chain => Choose("Chain to a trusted provider", "Верига до доверен доставчик"),
        CheckName.Revocation => Choose("Status of the certificates", "Статус на удостоверенията"),
        CheckName.Validity => Choose("Period of validity", "Срок на валидност"),
        CheckName.Attributes => Choose("Mandatory attributes", "Задължителни атрибути"),
        CheckName.Algorithms => Choose("Strength of the algorithms", "Сила на алгоритмите"),
        CheckName.LaterChanges => Choose("Changes after signing", "Промени след подписването"),
        CheckName.Timestamps => Choose("Time stamps", "Времеви печати"),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    private string Of(SubIndication reason) => reason switch
    {
        SubIndication.FormatFailure => Choose("The signature is malformed.", "Подписът е с нарушена структура."),
        SubIndication.HashFailure => Choose("The document was changed after it was signed.", "Документът е променен след подписването."),
        SubIndication.SigCryptoFailure => Choose("The signature does not belong to the certificate.", "Подписът не съответства на удостоверението."),
        SubIndication.NotYetValid => Choose("The certificate was not yet valid when the document was signed.", "Удостоверението още не е било валидно при подписването."),
        SubIndication.NoSigningCertificateFound => Choose("The certificate of the signer is missing.", "Удостоверението на подписалия липсва."),
        SubIndication.NoCertificateChainFound => Choose("The certificate comes from no trusted provider.", "Удостоверението не е от доверен доставчик."),
        SubIndication.CertificateChainGeneralFailure => Choose("The chain of certificates is not acceptable.", "Веригата от удостоверения не е приемлива."),
        SubIndication.ChainConstraintsFailure => Choose("The certificate is not meant for signing.", "Удостоверението не е предназначено за подписване."),
        SubIndication.CryptoConstraintsFailureNoPoe => Choose("An algorithm is too weak.", "Използван е твърде слаб алгоритъм."),
        SubIndication.RevokedNoPoe => Choose("The certificate was revoked, and nothing proves that the document was signed before.",
            "Удостоверението е прекратено и няма доказателство, че документът е подписан преди това."),
        SubIndication.RevokedCaNoPoe => Choose("A certificate of the provider was revoked.", "Удостоверение на доставчика е прекратено."),
        SubIndication.OutOfBoundsNotRevoked or SubIndication.OutOfBoundsNoPoe => Choose(
            "The certificate has expired, and nothing proves that the document was signed before.",
            "Срокът на удостоверението е изтекъл и няма доказателство, че документът е подписан преди това."),
        SubIndication.TryLater => Choose("The status of a certificate is not known now, or the certificate is suspended; try later.",
            "Статусът на удостоверение не е известен сега или удостоверението е спряно; опитайте по-късно."),
        SubIndication.SigConstraintsFailure => Choose("The signature or what was added after it does not meet the requirements.",
            "Подписът или добавеното след него не отговаря на изискванията."),
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    private string Choose(string english, string bulgarian) => IsBulgarian ? bulgarian : english;
}
