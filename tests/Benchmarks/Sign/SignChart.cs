using System.Globalization;
using System.Text;

namespace Pechat.Benchmarks.Sign;

/// <summary>A bar for each case: the share of the bare token's speed that arrives at the public door, with the target as a line.</summary>
internal static class SignChart
{
    private const int Left = 110, Width = 480, Bar = 22, Gap = 12, Top = 56;

    internal static string Draw(SignReport report)
    {
        double scale = Width / Math.Max(1.0, report.Cases.Max(each => each.Ratio));
        int height = Top + report.Cases.Count * (Bar + Gap) + 24;
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" width="{Left + Width + 170}" height="{height}" font-family="sans-serif" font-size="13" role="img" aria-label="Share of the bare token's speed by key and digests per request">""");
        svg.AppendLine("""<rect width="100%" height="100%" fill="white"/>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{Left}" y="20" font-weight="bold">signHash through the public door: share of the bare token's speed</text>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{Left}" y="38" fill="#555">{report.Connections} connections, {report.Machine.Cores} cores for everything; dark line: target</text>""");
        for (int tick = 0; tick <= 4; tick++)
        {
            double x = Left + scale * tick / 4;
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<line x1="{x:F1}" y1="{Top - 6}" x2="{x:F1}" y2="{height - 24}" stroke="#ddd"/><text x="{x:F1}" y="{height - 8}" text-anchor="middle" fill="#555">{tick / 4.0:F2}</text>""");
        }
        int y = Top;
        foreach (CaseFigures each in report.Cases)
        {
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{Left - 8}" y="{y + 16}" text-anchor="end">{each.Case}</text><rect x="{Left}" y="{y}" width="{each.Ratio * scale:F1}" height="{Bar}" fill="#2f6f9f"/>""");
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{Left + each.Ratio * scale + 8:F1}" y="{y + 16}">{each.Ratio:F2} ({each.SignaturesPerSecond:N0}/s)</text>""");
            if (report.Targets.TryGetValue(each.Case, out double target))
                svg.AppendLine(CultureInfo.InvariantCulture, $"""<line x1="{Left + target * scale:F1}" y1="{y - 3}" x2="{Left + target * scale:F1}" y2="{y + Bar + 3}" stroke="#222" stroke-width="2"/>""");
            y += Bar + Gap;
        }
        svg.AppendLine("</svg>");
        return svg.ToString();
    }
}
