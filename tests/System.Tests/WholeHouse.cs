using Pechat.DevHost;
using Pechat.DevHost.MainJob;

namespace Pechat.SystemTests;

/// <summary>The whole house, started once in a directory and on ports of its own, after its main job.</summary>
[SetUpFixture]
internal sealed class WholeHouse
{
    private static MainJobRun? _job;
    private House? _house;
    private IDisposable? _lock;

    public static Layout Layout { get; private set; } = null!;

    public static Door Door { get; private set; } = null!;

    public static string Sample(string name) => Path.Combine(Layout.Root, "tests", "Shared.Tests", "AdES", "samples", name);

    /// <summary>Does something while the customer's phone confirms what comes.</summary>
    public static async Task<T> WithPhone<T>(Func<Task<T>> work)
    {
        using var stop = new CancellationTokenSource();
        Task phone = new PhoneLoop(_job!.Phone, TestContext.Progress.WriteLine).RunAsync(stop.Token);
        T result = await work();
        await stop.CancelAsync();
        Assert.That(async () => await phone, Throws.InstanceOf<OperationCanceledException>());
        return result;
    }

    public static string Demo(string name) => Path.Combine(Layout.Demo, name);

    /// <summary>The signed files that the main job left.</summary>
    public static IEnumerable<string> SignedFiles => MainJobRun.Samples.Select(sample => $"{Path.GetFileNameWithoutExtension(sample)}.signed.pdf");

    [OneTimeSetUp]
    public async Task StartAndDoTheMainJob()
    {
        Layout house = Layout.Find(Path.Combine(".run", "system"));
        Layout = house with { PortBase = house.PortBase + 2000 };
        _lock = Layout.Lock();
        await House.ResetAsync(Layout);
        _house = new House(Layout);
        try
        {
            await _house.StartAsync(CancellationToken.None);
            Door = new Door(Layout);
            _job = new MainJobRun(Layout, TestContext.Progress.WriteLine);
            await _job.RunAsync(CancellationToken.None);
        }
        catch
        {
            await Stop(); // after a failed set-up NUnit tears nothing down
            throw;
        }
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _job?.Dispose();
        if (_house is not null)
            await _house.DisposeAsync();
        _house = null;
        Door?.Dispose();
        _lock?.Dispose();
    }
}
