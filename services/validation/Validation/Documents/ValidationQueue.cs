using Pechat.Contracts;

namespace Pechat.Validation.Documents;

/// <summary>Bounds the validations at the same time: each holds a whole document in memory.</summary>
internal sealed class ValidationQueue(ValidationOptions options) : IDisposable
{
    private readonly SemaphoreSlim _slots = new(options.MaxConcurrent);

    /// <summary>Takes a slot until the result is disposed.</summary>
    internal IDisposable Enter() => _slots.Wait(0)
        ? new Slot(_slots)
        : throw new FaultException(FaultKind.Exhausted, "too_many_validations", "too many documents are being validated; try again");

    public void Dispose() => _slots.Dispose();

    private sealed class Slot(SemaphoreSlim slots) : IDisposable
    {
        public void Dispose() => slots.Release();
    }
}
