using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Pechat.Hosting;

/// <summary>
/// Remembers about the <paramref name="capacity"/> most recently used values: when the young half is full it becomes the old half,
/// and what nobody asked for since falls out. Thread-safe; reads take no lock.
/// </summary>
internal sealed class BoundedCache<T>(int capacity) where T : class
{
    private readonly Lock _gate = new();
    private readonly int _half = Math.Max(1, capacity / 2);
    private volatile ConcurrentDictionary<string, T> _young = new(StringComparer.Ordinal);
    private volatile ConcurrentDictionary<string, T> _old = new(StringComparer.Ordinal);

    internal int Count => _young.Count + _old.Count;

    internal bool TryGet(string key, [NotNullWhen(true)] out T? value)
    {
        if (_young.TryGetValue(key, out value))
            return true;
        if (!_old.TryGetValue(key, out value))
            return false;
        Add(key, value);
        return true;
    }

    internal void Add(string key, T value)
    {
        lock (_gate)
        {
            if (_young.Count >= _half)
            {
                _old = _young;
                _young = new(StringComparer.Ordinal);
            }
            _young[key] = value;
        }
    }
}
