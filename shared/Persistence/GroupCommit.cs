namespace Pechat.Persistence;

/// <summary>
/// Lets callers that arrive together share one round of work, usually one database transaction: while the lanes are busy, others gather for
/// the next round, so the cost of a commit is paid once for all of them. Thread-safe; holds no thread while nobody calls.
/// </summary>
/// <param name="lanes">Rounds that may run at once; of two, one can prepare while the other waits for the disk.</param>
/// <param name="weightLimit">A round takes callers until their weights come to this; a heavier one has a round of its own.</param>
/// <param name="round">Does the work and answers one result per item, in their order; what it throws reaches every caller of the round.</param>
public sealed class GroupCommit<TItem, TResult>(int lanes, int weightLimit, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> round)
{
    private readonly Lock _lock = new();
    private readonly Queue<Entry> _waiting = new();
    private int _running;

    private sealed record Entry(TItem Item, int Weight)
    {
        internal TaskCompletionSource<TResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Callers that wait for a round to begin.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>Takes part in the next round.</summary>
    /// <param name="item">The caller's part of the work.</param>
    /// <param name="weight">Its share of a round, at least 1.</param>
    /// <returns>Ends with the round.</returns>
    public Task<TResult> RunAsync(TItem item, int weight = 1)
    {
        var entry = new Entry(item, weight);
        lock (_lock)
        {
            _waiting.Enqueue(entry);
            if (_running == lanes)
                return entry.Done.Task;
            _running++;
        }
        // Not in the caller's context: a round serves many.
        ThreadPool.UnsafeQueueUserWorkItem(static self => _ = self.DrainAsync(), this, preferLocal: true);
        return entry.Done.Task;
    }

    private async Task DrainAsync()
    {
        while (Next() is { } entries)
        {
            try
            {
                IReadOnlyList<TResult> results = await round([.. entries.Select(entry => entry.Item)]).ConfigureAwait(false);
                for (int i = 0; i < entries.Count; i++)
                    entries[i].Done.SetResult(results[i]);
            }
            catch (Exception exception)
            {
                entries.ForEach(entry => entry.Done.TrySetException(exception));
            }
        }
    }

    private List<Entry>? Next()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                _running--;
                return null;
            }
            List<Entry> entries = [_waiting.Dequeue()];
            int weight = entries[0].Weight;
            while (_waiting.TryPeek(out Entry? next) && (weight += next.Weight) <= weightLimit)
                entries.Add(_waiting.Dequeue());
            return entries;
        }
    }
}
