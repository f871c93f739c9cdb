using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace Pechat.CertificateStatus.Register;

/// <summary>HTML written as an interpolated string: what is put in is encoded, unless it is HTML itself.</summary>
[InterpolatedStringHandler]
internal readonly struct Html(int literalLength, int formattedCount)
{
    private readonly StringBuilder _text = new(literalLength + (formattedCount * 32));

    internal static Html Empty => $"";

    /// <summary>All pieces one after the other.</summary>
    internal static Html Join(IEnumerable<Html> pieces)
    {
        Html all = Empty;
        foreach (Html piece in pieces)
            all.AppendFormatted(piece);
        return all;
    }

    internal static Html Of(Html html) => html;

    public void AppendLiteral(string literal) => _text.Append(literal);

    public void AppendFormatted(string? value) => _text.Append(WebUtility.HtmlEncode(value));

    public void AppendFormatted(Html value) => _text.Append(value._text);

    public override string ToString() => _text.ToString();
}
