namespace Pechat.Pkcs11;

public sealed unsafe partial class TokenPool
{
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(10);

    private volatile int _generation;
    private int _moduleGeneration;
    private Pkcs11Exception? _failure;
    private long _failedAt;

    /// <summary>How often the sessions were opened; object handles of an earlier generation are void.</summary>
    internal int Generation => _generation;

    private TResult RunHealing<TState, TResult>(TokenSession session, TState state, Func<TokenSession, TState, TResult> work)
    {
        Pkcs11Exception? loss = null;
        while (true)
        {
            int seen = _generation;
            _module.Gate.EnterReadLock();
            try
            {
                seen = _generation;
                // Another pool may have initialised the library again: our handles could then name somebody else's sessions.
                if (_moduleGeneration == _module.Generation && _failure is null)
                    return work(session, state);
            }
            catch (Pkcs11Exception exception) when (exception.IsSessionLoss && loss is null)
            {
                loss = exception; // once: what is lost again right after a new log-in is the caller's to know
            }
            finally
            {
                _module.Gate.ExitReadLock();
            }
            Heal(seen, loss);
        }
    }

    private void Heal(int seen, Pkcs11Exception? loss)
    {
        // A call that hangs in the device must not be pulled away under it.
        if (!_module.Gate.TryEnterWriteLock(DrainPatience))
            throw loss ?? new Pkcs11Exception("C_Initialize", ReturnValue.DeviceError, "calls hang in the device");
        try
        {
            if (_generation != seen && _failure is null)
                return; // somebody else has healed it
            if (_failure is not null && _clock.GetElapsedTime(_failedAt) < _options.HealingPause)
                throw new Pkcs11Exception(_failure.Function, _failure.Result, "the token is down; the next attempt follows shortly");
            try
            {
                LogInAgain();
                _failure = null;
            }
            catch (Pkcs11Exception exception)
            {
                (_failure, _failedAt) = (exception, _clock.GetTimestamp());
                throw;
            }
        }
        finally
        {
            _module.Gate.ExitWriteLock();
        }
    }

    private void LogInAgain()
    {
        CloseSessions();
        try
        {
            LogIn(); // enough when only the sessions or the log-in were lost
        }
        catch (Pkcs11Exception exception) when (exception.IsSessionLoss)
        {
            _module.Reinitialize();
            LogIn();
        }
    }

    private void LogIn()
    {
        nuint slot = _module.FindSlot(_options.TokenLabel);
        _moduleGeneration = _module.Generation;
        foreach (TokenSession session in _sessions)
            session.Handle = _module.OpenSession(slot);
        fixed (byte* pin = _pin)
        {
            nuint result = _module.Functions.Login(_sessions[0].Handle, 1, pin, (nuint)_pin.Length);
            if ((ReturnValue)result != ReturnValue.UserAlreadyLoggedIn)
                Cryptoki.Check("C_Login", result);
        }
        _generation++;
    }

    private void CloseSessions()
    {
        foreach (TokenSession session in _sessions)
        {
            // Only our own: another pool may use the same token, or bear our old numbers. One that is void already answers so.
            if (_moduleGeneration == _module.Generation && session.Handle != 0)
                _ = _module.Functions.CloseSession(session.Handle);
            session.Handle = 0;
        }
    }
}
