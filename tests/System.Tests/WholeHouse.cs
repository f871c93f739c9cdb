using System.Diagnostics;
using System.Globalization;
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

    /// <summary>The customer of the main job.</summary>
    public static DemoPerson Person => _job!.Person;

    /// <summary>That customer's phone.</summary>
    public static ScriptedPhone Phone => _job!.Phone;

    public static string Sample(string name) => Path.Combine(Layout.Root, "tests", "Shared.Tests", "AdES", "samples", name);

    public static string Demo(string name) => Path.Combine(Layout.Demo, name);

    /// <summary>The signed files that the main job left.</summary>
    public static IEnumerable<string> SignedFiles => MainJobRun.Samples.Select(sample => $"{Path.GetFileNameWithoutExtension(sample)}.signed.pdf");

    /// <summary>Does something while the customer's phone confirms what comes.</summary>
    public static async Task<T> WithPhone<T>(Func<Task<T>> work)
    {
        using var stop = new CancellationTokenSource();
        Task phone = new PhoneLoop(Phone, TestContext.Progress.WriteLine).RunAsync(stop.Token);
        try
        {
            return await work();
        }
        finally
        {
            await stop.CancelAsync();
            await phone.ContinueWith(ended => TestContext.Progress.WriteLine(ended.Exception?.ToString() ?? "phone: put away"), TaskScheduler.Default); // it ends by being cancelled
        }
    }

    /// <summary>Does the main job once more, with another customer; what the first one left stays.</summary>
    public static async Task RepeatMainJob()
    {
        using var again = new MainJobRun(Layout with { DemoFolder = "demo-again" }, TestContext.Progress.WriteLine);
        await again.RunAsync(CancellationToken.None);
    }

    /// <summary>Process id of a service or server.</summary>
    public static int ProcessOf(string name) =>
        int.Parse(File.ReadAllText(Path.Combine(Layout.Processes, name)).Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>kill -9.</summary>
    public static void Kill(string name)
    {
        using Process process = Process.GetProcessById(ProcessOf(name));
        process.Kill();
    }

    [OneTimeSetUp]
    public async Task StartAndDoTheMainJob()
    {
        Layout house = Layout.Find("system");
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
