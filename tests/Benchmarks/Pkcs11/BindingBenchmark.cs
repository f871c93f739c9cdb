using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Pechat.Pkcs11;

namespace Pechat.Benchmarks.Pkcs11;

/// <summary>Signatures per second through <see cref="TokenPool"/> against <see cref="RawLoop"/> on the same token in the same run.</summary>
internal static class BindingBenchmark
{
    private const double Target = 0.95;
    private const int Rounds = 51;
    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(0.1);
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private sealed record Figure(string Key, int Threads, int RawPerSecond, int BindingPerSecond, double Ratio);

    private sealed record Report(string Benchmark, string Date, Machine Machine, string Library, double Target, IReadOnlyList<Figure> Figures);

    public static Command Command()
    {
        var output = new Option<DirectoryInfo>("--output") { Description = "Where to write pkcs11.json; nowhere by default." };
        var command = new Command("pkcs11", "The PKCS#11 binding against a raw loop.") { output };
        command.SetAction(async (parsed, ct) => await RunAsync(parsed.GetValue(output), ct));
        return command;
    }

    private static async Task<int> RunAsync(DirectoryInfo? output, CancellationToken ct)
    {
        using var token = new SoftToken();
        using TokenPool pool = Pkcs11Module.Load(SoftToken.Library).OpenPool(new TokenPoolOptions(SoftToken.Label, SoftToken.Pin));
        byte[] digest = SHA256.HashData("benchmark"u8);
        List<Figure> figures = [];
        foreach ((string name, KeyPairAlgorithm algorithm, Mechanism mechanism, byte[] data) in new[]
        {
            ("P-256", KeyPairAlgorithm.P256, Mechanism.Ecdsa, digest),
            ("RSA-2048", KeyPairAlgorithm.Rsa2048, Mechanism.RsaPkcs1, DigestInfo.Encode(HashAlgorithmName.SHA256, digest)),
        })
        {
            TokenKey key = (await pool.GenerateKeyPairAsync(algorithm, name, ct)).PrivateKey;
            foreach (int threads in new[] { 1, 2 })
            {
                RawLoop[] loops = [.. Enumerable.Range(0, threads).Select(_ => new RawLoop(SoftToken.Library, SoftToken.Label, name, mechanism.Type))];
                Figure figure = Compare(name, threads, thread => loops[thread].Sign(data), _ =>
                {
                    ValueTask<byte[]> signing = pool.SignAsync(key, mechanism, data, ct: ct); // a session is free, so it ends on this thread
                    if (!signing.IsCompletedSuccessfully || signing.Result.Length == 0)
                        throw new InvalidOperationException("the pool made a single caller wait");
                });
                figures.Add(figure);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{figure.Key,-9} {figure.Threads} thread(s): raw {figure.RawPerSecond,6}/s, binding {figure.BindingPerSecond,6}/s, ratio {figure.Ratio:F3}"));
            }
        }
        if (output is not null)
        {
            string date = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            var report = new Report("pkcs11", date, Machine.Current, "SoftHSM", Target, figures);
            await File.WriteAllTextAsync(Path.Combine(output.FullName, "pkcs11.json"), JsonSerializer.Serialize(report, Indented) + "\n", ct);
        }
        return figures.TrueForAll(figure => figure.Ratio >= Target) ? 0 : 1;
    }

    /// <summary>Short rounds alternate, so that other load on the machine meets both sides; ratio is the median of the pairs of neighbours.</summary>
    private static Figure Compare(string key, int threads, Action<int> raw, Action<int> binding)
    {
        _ = Rate(threads, raw);
        _ = Rate(threads, binding);
        List<double> rawRates = [], bindingRates = [], ratios = [];
        for (int round = 0; round < Rounds; round++)
        {
            double first = Rate(threads, round % 2 == 0 ? raw : binding), second = Rate(threads, round % 2 == 0 ? binding : raw);
            (double rawRate, double bindingRate) = round % 2 == 0 ? (first, second) : (second, first);
            rawRates.Add(rawRate);
            bindingRates.Add(bindingRate);
            ratios.Add(bindingRate / rawRate);
        }
        return new(key, threads, (int)Median(rawRates), (int)Median(bindingRates), Math.Round(Median(ratios), 3));
    }

    private static double Rate(int threads, Action<int> sign)
    {
        long total = 0;
        long start = Stopwatch.GetTimestamp();
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(number => new Thread(() =>
        {
            long count = 0;
            for (; Stopwatch.GetElapsedTime(start) < RoundTime; count++)
                sign(number);
            Interlocked.Add(ref total, count);
        }))];
        foreach (Thread worker in workers)
            worker.Start();
        foreach (Thread worker in workers)
            worker.Join();
        return total / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
