using System.Text;

namespace Pechat.Pkcs11;

/// <summary>
/// Logged-in sessions on one token, lent to one caller at a time. Callers beyond the number of sessions wait in a bounded queue by priority
/// and then by arrival. When the token or the log-in went away, the pool logs in again, initialising the library anew if need be,
/// and repeats the call once. Safe for many threads.
/// </summary>
public sealed partial class TokenPool : IDisposable
{
    private readonly Pkcs11Module _module;
    private readonly TokenPoolOptions _options;
    private readonly TimeProvider _clock;
    private readonly byte[] _pin;
    private readonly TokenSession[] _sessions;
    private readonly Lock _lock = new();
    private readonly Stack<TokenSession> _idle;
    private readonly PriorityQueue<TaskCompletionSource<TokenSession>, (TokenPriority, long)> _waiting = new();
    private long _arrivals;
    private bool _disposed;

    internal TokenPool(Pkcs11Module module, TokenPoolOptions options, TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Sessions, 1);
        (_module, _options, _clock) = (module, options, clock);
        _pin = Encoding.UTF8.GetBytes(options.Pin);
        _sessions = [.. Enumerable.Range(0, options.Sessions).Select(_ => new TokenSession(this, module))];
        _idle = new(_sessions);
        module.Gate.EnterWriteLock();
        try
        {
            LogIn();
        }
        finally
        {
            module.Gate.ExitWriteLock();
        }
    }

    /// <summary>Callers waiting for a session now.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>Runs work on a session; steps that belong together go into one call, because each call may get another session.</summary>
    /// <param name="state">Handed to the work, so that it needs no closure.</param>
    /// <param name="work">Runs once, or twice when the log-in had to be healed: it must have no effect when it throws.</param>
    /// <param name="priority">Place in the queue.</param>
    /// <param name="ct">Ends the wait for a session; a call under way is not interrupted.</param>
    /// <exception cref="Pkcs11Exception">The token refused or is gone.</exception>
    /// <exception cref="TokenBusyException">The queue is full, or the wait took longer than <see cref="TokenPoolOptions.QueueDeadline"/>.</exception>
    public ValueTask<TResult> RunAsync<TState, TResult>(
        TState state, Func<TokenSession, TState, TResult> work, TokenPriority priority = TokenPriority.Normal, CancellationToken ct = default)
    {
        ct.ThrowIfCancellationRequested();
        TaskCompletionSource<TokenSession>? waiter = null;
        TokenSession? session;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_idle.TryPop(out session))
                waiter = Enqueue(priority);
        }
        if (waiter is not null)
            return RunQueuedAsync(waiter, state, work, ct);
        try
        {
            return new(RunHealing(session!, state, work));
        }
        finally
        {
            Return(session!);
        }
    }

    /// <summary>Closes the sessions that are idle; those lent out are closed with the process.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
        }
        _module.Gate.EnterWriteLock();
        try
        {
            CloseSessions();
        }
        finally
        {
            _module.Gate.ExitWriteLock();
        }
    }

    private async ValueTask<TResult> RunQueuedAsync<TState, TResult>(
        TaskCompletionSource<TokenSession> waiter, TState state, Func<TokenSession, TState, TResult> work, CancellationToken ct)
    {
        TokenSession session;
        try
        {
            session = await waiter.Task.WaitAsync(_options.QueueDeadline, _clock, ct).ConfigureAwait(false);
        }
        catch (Exception ended) when (ended is TimeoutException or OperationCanceledException)
        {
            if (!waiter.TrySetCanceled(CancellationToken.None))
                Return(await waiter.Task.ConfigureAwait(false)); // a session arrived at the last moment: the next one gets it
            lock (_lock)
                _waiting.Remove(waiter, out _, out _);
            if (ended is TimeoutException)
                throw new TokenBusyException($"no session of {_options} became free within {_options.QueueDeadline}");
            throw;
        }
        try
        {
            return RunHealing(session, state, work);
        }
        finally
        {
            Return(session);
        }
    }

    private TaskCompletionSource<TokenSession> Enqueue(TokenPriority priority)
    {
        if (_waiting.Count >= _options.QueueLimit)
            throw new TokenBusyException($"{_waiting.Count} callers already wait for a session of {_options}");
        var waiter = new TaskCompletionSource<TokenSession>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue(waiter, (priority, _arrivals++));
        return waiter;
    }

    private void Return(TokenSession session)
    {
        lock (_lock)
        {
            while (_waiting.TryDequeue(out TaskCompletionSource<TokenSession>? waiter, out _))
            {
                if (waiter.TrySetResult(session))
                    return;
            }
            _idle.Push(session);
        }
    }
}
