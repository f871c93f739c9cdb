using System.Diagnostics;
using System.Security.Cryptography;
using Pechat.Benchmarks.Pkcs11;
using Pechat.DevHost;
using Pechat.DevHost.Servers;
using Pechat.Pkcs11;

namespace Pechat.Benchmarks.Sign;

/// <summary>What the token can do at most: <see cref="RawLoop"/> in two threads, on the activation module's own token, with a key made for it.</summary>
internal sealed class Yardstick : IDisposable
{
    internal const int Threads = 2;

    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(0.25);
    private readonly string _label = $"benchmark-{Guid.NewGuid():N}";
    private readonly string _token;
    private readonly TokenPool _pool;

    internal Yardstick(Layout layout)
    {
        Service holder = Service.Named("signature-activation");
        SoftToken.Use(Tokens.ConfigurationFile(layout, holder));
        _token = holder.Token!;
        _pool = Pkcs11Module.Load(Tokens.Library).OpenPool(new TokenPoolOptions(_token, Secret.Get(layout, Tokens.PinSecret(holder))));
    }

    /// <summary>Signatures per second: the median of short rounds.</summary>
    internal async Task<double> MeasureAsync(KeyKind kind, TimeSpan time, CancellationToken ct)
    {
        string label = $"{_label}-{kind.Name}";
        if (await _pool.FindKeyAsync(label, ct: ct) is null)
            await _pool.GenerateKeyPairAsync(kind.Algorithm, label, ct);
        byte[] input = kind.TokenInput(SHA256.HashData("benchmark"u8));
        RawLoop[] loops = [.. Enumerable.Range(0, Threads).Select(_ => new RawLoop(Tokens.Library, _token, label, kind.Mechanism.Type))];
        Round(loops, input); // warm
        int rounds = Math.Max(3, (int)(time / RoundTime));
        double[] rates = [.. Enumerable.Range(0, rounds).Select(_ => Round(loops, input)).Order()];
        Array.ForEach(loops, loop => loop.Dispose());
        return rates[rates.Length / 2];
    }

    /// <summary>Takes the keys off the token again.</summary>
    internal async Task RemoveKeysAsync(CancellationToken ct)
    {
        foreach (KeyKind kind in KeyKind.All)
        {
            foreach (ObjectClass half in new[] { ObjectClass.PrivateKey, ObjectClass.PublicKey })
            {
                if (await _pool.FindKeyAsync($"{_label}-{kind.Name}", half, ct) is { } key)
                    await _pool.DestroyAsync(key, ct);
            }
        }
    }

    public void Dispose() => _pool.Dispose();

    private static double Round(RawLoop[] loops, byte[] input)
    {
        long total = 0, start = Stopwatch.GetTimestamp();
        Thread[] threads = [.. loops.Select(loop => new Thread(() =>
        {
            long count = 0;
            for (; Stopwatch.GetElapsedTime(start) < RoundTime; count++)
                loop.Sign(input);
            Interlocked.Add(ref total, count);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return total / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
