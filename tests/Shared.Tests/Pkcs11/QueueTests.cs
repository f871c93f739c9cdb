using Pechat.Pkcs11;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Pkcs11;

public sealed class QueueTests
{
    private TestHsm _hsm = null!;
    private TokenPool _pool = null!;
    private readonly SemaphoreSlim _release = new(0);

    [SetUp]
    public void Open()
    {
        _hsm = TestHsm.Create();
        _pool = Pkcs11Module.Load(TestHsm.LibraryPath).OpenPool(new TokenPoolOptions(_hsm.TokenLabel, _hsm.Pin)
        {
            Sessions = 1,
            QueueLimit = 3,
            QueueDeadline = TimeSpan.FromSeconds(1),
        });
    }

    [TearDown]
    public void Close() => _pool.Dispose();

    [Test]
    public async Task Waiting_callers_are_served_by_priority_and_then_by_arrival()
    {
        Task blocker = Block();
        List<string> order = [];
        Task[] waiting = [
            Note("background", TokenPriority.Background),
            Note("normal", TokenPriority.Normal),
            Note("interactive", TokenPriority.Interactive)];
        _release.Release();
        await Task.WhenAll([blocker, .. waiting]);
        Assert.That(order, Is.EqualTo(new[] { "interactive", "normal", "background" }));

        Task Note(string name, TokenPriority priority) => _pool.RunAsync((order, name), static (_, s) =>
        {
            s.order.Add(s.name);
            return true;
        }, priority).AsTask();
    }

    [Test]
    public async Task A_full_queue_refuses_at_once()
    {
        Task blocker = Block();
        Task[] waiting = [.. Enumerable.Range(0, 3).Select(_ => _pool.RandomAsync(1).AsTask())];
        Assert.ThrowsAsync<TokenBusyException>(async () => await _pool.RandomAsync(1));
        _release.Release();
        await Task.WhenAll([blocker, .. waiting]);
        Assert.That(await _pool.RandomAsync(1), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_caller_whose_deadline_passes_leaves_the_queue()
    {
        Task blocker = Block();
        TokenBusyException? refusal = Assert.ThrowsAsync<TokenBusyException>(async () => await _pool.RandomAsync(1));
        Assert.That(refusal!.Message, Does.Not.Contain(_hsm.Pin));
        Assert.That(_pool.Waiting, Is.Zero);
        _release.Release();
        await blocker;
        Assert.That(await _pool.RandomAsync(1), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_cancelled_caller_leaves_the_queue()
    {
        Task blocker = Block();
        using var cancellation = new CancellationTokenSource();
        Task<byte[]> waiting = _pool.RandomAsync(1, cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_pool.Waiting, Is.Zero);
        _release.Release();
        await blocker;
    }

    [Test]
    public async Task Work_that_throws_gives_its_session_back()
    {
        for (int i = 0; i < 3; i++)
            Assert.ThrowsAsync<FormatException>(async () => await _pool.RunAsync<int, int>(0, static (_, _) => throw new FormatException()));
        Assert.That(await _pool.RandomAsync(1), Has.Length.EqualTo(1));
    }

    private Task Block()
    {
        using var started = new ManualResetEventSlim();
        Task blocker = Task.Run(async () => await _pool.RunAsync((started, _release), static (_, s) =>
        {
            s.started.Set();
            return s._release.Wait(TimeSpan.FromSeconds(10));
        }));
        started.Wait();
        return blocker;
    }
}
