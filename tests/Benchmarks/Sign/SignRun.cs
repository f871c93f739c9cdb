using System.Globalization;
using Pechat.DevHost;

namespace Pechat.Benchmarks.Sign;

/// <summary>Measures <c>POST /csc/v2/signatures/signHash</c> through the gateway of a running house against the bare token.</summary>
/// <param name="layout">The house.</param>
/// <param name="tell">Takes a line for each step.</param>
internal sealed class SignRun(Layout layout, Action<string> tell)
{
    internal const int Connections = 16;

    private const double Paced = 0.7;

    /// <summary>More is confirmed than a first impression of the speed asks for, because a house gets faster as it warms.</summary>
    private const double Spare = 1.25;

    /// <param name="cases">What to measure, one after the other.</param>
    /// <param name="time">Length of the load in each case; the paced load has the same.</param>
    /// <param name="ct">Ends the run.</param>
    internal async Task<IReadOnlyList<CaseFigures>> MeasureAsync(IReadOnlyList<SignCase> cases, TimeSpan time, CancellationToken ct)
    {
        using var yardstick = new Yardstick(layout);
        List<CaseFigures> figures = [];
        foreach (IGrouping<KeyKind, SignCase> group in cases.GroupBy(each => each.Kind))
        {
            using Signer signer = await Signer.EnrolAsync(layout, group.Key, ct);
            tell($"{group.Key.Name}: a customer has a phone and a {group.Key.Requested} certificate");
            var supply = new Supply(signer);
            foreach (SignCase what in group)
            {
                CaseFigures measured = await MeasureAsync(what, time, signer, supply, yardstick, ct);
                figures.Add(measured);
                tell(Line(measured));
                if (measured.FirstError is not null)
                    tell($"{what.Name}: first error: {measured.FirstError}");
            }
        }
        await yardstick.RemoveKeysAsync(ct);
        return figures;
    }

    private async Task<CaseFigures> MeasureAsync(
        SignCase what, TimeSpan time, Signer signer, Supply supply, Yardstick yardstick, CancellationToken ct)
    {
        TimeSpan warming = TimeSpan.FromSeconds(Math.Clamp(time.TotalSeconds / 2, 0.5, 5)), rawTime = TimeSpan.FromSeconds(Math.Clamp(time.TotalSeconds / 4, 0.75, 3));
        double rawBefore = await yardstick.MeasureAsync(what.Kind, rawTime, ct);
        tell($"{what.Name}: the bare token makes {rawBefore:N0} signatures/s");
        Connection[] connections = [.. Enumerable.Range(0, Connections).Select(_ => new Connection(layout, signer))];
        var load = new Load(connections, what, supply);
        // Step 1: warm up, and learn how much has to be confirmed.
        await supply.PrepareAsync((int)(rawBefore * warming.TotalSeconds * (what.Digests > 1 ? 1 : 0.5)) + Connections * what.Digests, Told, ct);
        LoadFigures warm = await load.SaturateAsync(warming, ct);
        int perSecond = (int)(warm.RequestsPerSecond * what.Digests * Spare) + 1;
        await supply.PrepareAsync((int)(perSecond * time.TotalSeconds * (1 + Paced)) + 2 * Connections * 1000, Told, ct);
        await Task.Delay(TimeSpan.FromSeconds(1), ct); // what the confirmations left to do behind the door
        // Step 2: as fast as it goes.
        tell($"{what.Name}: {Connections} connections for {time.TotalSeconds:0} s");
        Dictionary<string, double> before = ProcessorUse.Read(layout);
        LoadFigures full = await load.SaturateAsync(time, ct);
        Dictionary<string, double> after = ProcessorUse.Read(layout);
        // Step 3: at a rate that leaves room.
        await Task.Delay(TimeSpan.FromSeconds(1), ct);
        LoadFigures paced = await load.AtRateAsync(full.RequestsPerSecond * Paced, time, ct);
        Array.ForEach(connections, connection => connection.Dispose());
        double raw = (rawBefore + await yardstick.MeasureAsync(what.Kind, rawTime, ct)) / 2;
        int wrong = full.Samples.Count(sample => !KeyKind.Verifies(signer.Certificate, sample.Digest, sample.Signature));
        if (full.RanOut || paced.RanOut)
            tell($"{what.Name}: the confirmed digests were used up early; the figures are of the time until then");

        double signatures = full.RequestsPerSecond * what.Digests;
        return new(what.Name, Math.Round(raw), Round(full.RequestsPerSecond), Round(signatures), Math.Round(signatures / raw, 3),
            Milliseconds(full, 0.5), Milliseconds(full, 0.99), Milliseconds(full, 1), Round(full.Seconds), full.Requests, full.Errors + wrong, full.Samples.Count - wrong,
            ProcessorUse.PerRequest(before, after, full.Requests),
            new(Round(paced.RequestsPerSecond), Milliseconds(paced, 0.5), Milliseconds(paced, 0.99),
                paced.Requests == 0 ? 0 : Math.Round(paced.Percentile(0.99) / paced.Percentile(0.5), 2), paced.Errors))
        {
            FirstError = full.FirstError ?? paced.FirstError ?? (wrong > 0 ? "a signature does not verify under the certificate" : null),
        };

        void Told(string line) => tell($"{what.Name}: {line}");
    }

    private static string Line(CaseFigures figures) => string.Create(CultureInfo.InvariantCulture,
        $"{figures.Case}: {figures.RequestsPerSecond:N0} requests/s, {figures.SignaturesPerSecond:N0} signatures/s, ratio {figures.Ratio:F3}, p50 {figures.P50Milliseconds} ms, p99 {figures.P99Milliseconds} ms, {figures.Errors} errors; at 70 %: p50 {figures.AtSeventyPercent.P50Milliseconds} ms, p99 {figures.AtSeventyPercent.P99Milliseconds} ms; us/request: {string.Join(", ", figures.ProcessorMicroseconds.Select(pair => $"{pair.Key} {pair.Value}"))}");

    private static double Milliseconds(LoadFigures figures, double share) => Math.Round(figures.Percentile(share) * 1000, 2);

    private static double Round(double value) => Math.Round(value, 1);
}
