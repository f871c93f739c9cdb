using System.Text.Json;

namespace Pechat.Benchmarks.Sign;

/// <summary>Latency while requests come at a constant rate below what the house can do.</summary>
internal sealed record PacedFigures(double RequestsPerSecond, double P50Milliseconds, double P99Milliseconds, double P99ToP50, int Errors);

/// <summary>
/// What one case showed. Raw are the yardstick's signatures, the ratio is to them; verified were signatures judged with the public key, and a
/// wrong one counts as an error; the processors' time is for each request, by programme; the last member is with 0.7 of the rate.
/// </summary>
internal sealed record CaseFigures(
    string Case, double RawPerSecond, double RequestsPerSecond, double SignaturesPerSecond, double Ratio, double P50Milliseconds, double P99Milliseconds,
    double MaxMilliseconds, double Seconds, int Requests, int Errors, int Verified, IReadOnlyDictionary<string, int> ProcessorMicroseconds, PacedFigures AtSeventyPercent)
{
    /// <summary>The first thing that went wrong, for the screen.</summary>
    internal string? FirstError { get; init; }
}

/// <summary>All of one run, as it is written to <c>sign.json</c>.</summary>
internal sealed record SignReport(
    string Benchmark, string Date, Machine Machine, string Library, int Connections, IReadOnlyDictionary<string, double> Ratios,
    IReadOnlyDictionary<string, double> Targets, IReadOnlyList<CaseFigures> Cases)
{
    /// <summary>Shares of the yardstick that are aimed at.</summary>
    internal static readonly IReadOnlyDictionary<string, double> Aims =
        new Dictionary<string, double> { ["p256/1"] = 0.30, ["p256/100"] = 0.80, ["rsa2048/1"] = 0.75, ["rsa3072/1"] = 0.90 };

    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    internal static SignReport Of(IReadOnlyList<CaseFigures> cases, DateTimeOffset now) => new(
        "sign", now.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), Machine.Current, "SoftHSM", SignRun.Connections,
        cases.ToDictionary(each => each.Case, each => each.Ratio), Aims, cases);

    internal string ToJson() => JsonSerializer.Serialize(this, Indented) + "\n";
}
