namespace Pechat.Pkcs11;

/// <summary>The pool's queue is full, or no session became free before the deadline; the same call may succeed later.</summary>
#pragma warning disable CA1032 // Only the pool makes it.
public sealed class TokenBusyException : Exception
#pragma warning restore CA1032
{
    internal TokenBusyException(string message) : base(message) { }
}
