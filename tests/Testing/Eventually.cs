using NUnit.Framework;

namespace Pechat.Testing;

/// <summary>Waits for what other threads and processes bring about.</summary>
public static class Eventually
{
    /// <summary>Asks again until the condition holds; fails after <paramref name="seconds"/>.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> condition, string what, int seconds = 20)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed.TotalSeconds > seconds)
                Assert.Fail($"not within {seconds} s: {what}");
            await Task.Delay(50);
        }
    }

    /// <summary>Asks again until the condition holds; fails after <paramref name="seconds"/>.</summary>
    public static Task HoldsAsync(Func<bool> condition, string what, int seconds = 20) => HoldsAsync(() => Task.FromResult(condition()), what, seconds);
}
