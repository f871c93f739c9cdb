using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Pechat.Signing.Transactions;

/// <summary>
/// Wakes those in this process who wait for a transaction. Only a shortcut: whoever waits also looks at the database, because the phone
/// may talk to another replica.
/// </summary>
internal sealed class TransactionSignal
{
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> _waiting = new();
    private readonly Channel<Guid> _toSign = Channel.CreateUnbounded<Guid>();

    /// <summary>Transactions whose prepared files can be signed now.</summary>
    internal ChannelReader<Guid> ToSign => _toSign.Reader;

    internal void Changed(Guid id, bool startSigning)
    {
        if (startSigning)
            _toSign.Writer.TryWrite(id);
        if (_waiting.TryRemove(id, out TaskCompletionSource? source))
            source.TrySetResult();
    }

    /// <summary>Returns when the transaction changed, or after <paramref name="atMost"/>.</summary>
    internal async Task WaitAsync(Guid id, TimeSpan atMost, TimeProvider clock, CancellationToken ct)
    {
        Task changed = _waiting.GetOrAdd(id, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        await Task.WhenAny(changed, Task.Delay(atMost, clock, ct));
        ct.ThrowIfCancellationRequested();
    }

    internal void Forget(Guid id) => _waiting.TryRemove(id, out _);
}
