namespace Pechat.Persistence;

/// <summary>
/// Wakes the relay of this process right after a commit that added to the outbox. Not NOTIFY: PostgreSQL commits notifying
/// transactions one after the other, which would undo group commit on the signing path; the relay's timer finds what others left.
/// </summary>
public static class OutboxSignal
{
    private static readonly AsyncLocal<Scope?> Current = new();
    private static TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the next commit with outgoing messages. Ask for it before looking for rows, so that none is missed.</summary>
    public static Task Next => Volatile.Read(ref _next).Task;

    internal static Scope Begin() => Current.Value = new Scope(Current.Value);

    internal static void Added() => Current.Value?.Mark();

    private static void Pulse() =>
        Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    internal sealed class Scope(Scope? outer) : IDisposable
    {
        private volatile bool _added;

        internal void Mark() => _added = true;

        internal void Committed()
        {
            if (_added)
                Pulse();
        }

        public void Dispose() => Current.Value = outer;
    }
}
