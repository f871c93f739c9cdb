using Pechat.Persistence;

namespace Pechat.Shared.Tests.Persistence;

internal sealed class GroupCommitTests
{
    private readonly List<int[]> _rounds = [];
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(30)); // against waiting for ever
    private TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [OneTimeTearDown]
    public void Dispose() => _patience.Dispose();

    [SetUp]
    public void Forget()
    {
        _rounds.Clear();
        _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    [Test]
    public async Task Callers_that_come_during_a_round_share_the_next_one_and_get_their_own_results()
    {
        GroupCommit<int, int> commit = Doubling(lanes: 1, limit: 10);
        Task<int> first = commit.RunAsync(1);
        await UntilRoundsAsync(1);
        Task<int>[] others = [commit.RunAsync(2), commit.RunAsync(3), commit.RunAsync(4)];
        Assert.That(commit.Waiting, Is.EqualTo(3));

        _open.SetResult();

        Assert.That(await first, Is.EqualTo(2));
        Assert.That(await Task.WhenAll(others), Is.EqualTo(new[] { 4, 6, 8 }));
        Assert.That(_rounds, Is.EqualTo(new[] { new[] { 1 }, [2, 3, 4] }));
    }

    [Test]
    public async Task A_round_takes_no_more_than_its_weight_but_takes_a_heavy_caller_alone()
    {
        GroupCommit<int, int> commit = Doubling(lanes: 1, limit: 10);
        Task<int> first = commit.RunAsync(1);
        await UntilRoundsAsync(1);
        Task<int>[] others = [commit.RunAsync(2, 6), commit.RunAsync(3, 5), commit.RunAsync(4, 500), commit.RunAsync(5)];

        _open.SetResult();
        await Task.WhenAll(others);

        Assert.That(_rounds, Is.EqualTo(new[] { new[] { 1 }, [2], [3], [4], [5] }));
    }

    [Test]
    public async Task Two_lanes_run_two_rounds_at_once()
    {
        GroupCommit<int, int> commit = Doubling(lanes: 2, limit: 10);

        Task<int> first = commit.RunAsync(1);
        await UntilRoundsAsync(1);
        Task<int> second = commit.RunAsync(2);
        await UntilRoundsAsync(2);
        _open.SetResult();

        Assert.That(await Task.WhenAll(first, second), Is.EqualTo(new[] { 2, 4 }));
    }

    [Test]
    public async Task A_failed_round_fails_all_its_callers_and_nobody_else()
    {
        int round = 0;
        var commit = new GroupCommit<int, int>(1, 10, async items =>
        {
            lock (_rounds)
                _rounds.Add([.. items]);
            await _open.Task;
            return ++round == 2 ? throw new TimeoutException("the disk") : items;
        });
        Task<int> first = commit.RunAsync(1);
        await UntilRoundsAsync(1);
        Task<int>[] failing = [commit.RunAsync(2), commit.RunAsync(3)];
        _open.SetResult();

        Assert.That(await first, Is.EqualTo(1));
        foreach (Task<int> each in failing)
            Assert.That(async () => await each, Throws.InstanceOf<TimeoutException>());
        Assert.That(await commit.RunAsync(4), Is.EqualTo(4));
    }

    private GroupCommit<int, int> Doubling(int lanes, int limit) => new(lanes, limit, async items =>
    {
        lock (_rounds)
            _rounds.Add([.. items]);
        await _open.Task;
        return [.. items.Select(item => item * 2)];
    });

    private async Task UntilRoundsAsync(int count)
    {
        while (true)
        {
            lock (_rounds)
            {
                if (_rounds.Count == count)
                    return;
            }
            await Task.Delay(1, _patience.Token);
        }
    }
}
