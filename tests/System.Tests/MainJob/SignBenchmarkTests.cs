using Pechat.Benchmarks.Sign;

namespace Pechat.SystemTests.MainJob;

/// <summary>The load of <c>build/bench sign</c> in small: what it shows is that sixteen callers at once are served without an error.</summary>
[NonParallelizable]
internal sealed class SignBenchmarkTests
{
    [Test]
    public async Task Sixteen_connections_get_every_signature_they_ask_for()
    {
        SignCase[] cases = [.. SignCase.All.Where(each => each.Name is "p256/1" or "p256/100" or "rsa2048/1")];

        IReadOnlyList<CaseFigures> figures =
            await new SignRun(WholeHouse.Layout, TestContext.Progress.WriteLine).MeasureAsync(cases, TimeSpan.FromSeconds(1), CancellationToken.None);

        Assert.That(figures.Select(each => each.Case), Is.EqualTo(cases.Select(each => each.Name)));
        foreach (CaseFigures each in figures)
        {
            Assert.That(each.FirstError, Is.Null, each.Case);
            Assert.That(each.Errors + each.AtSeventyPercent.Errors, Is.Zero, each.Case);
            Assert.That(each.Verified, Is.Positive, each.Case);
        }
    }
}
