using System.Diagnostics.CodeAnalysis;

namespace Pechat.SignatureActivation.Activation;

/// <summary>
/// An activation whose MAC was verified, with the slots that this process believes to be free. The database decides: what is taken here is
/// only proposed to it, and what another process took is found out there. Thread-safe.
/// </summary>
internal sealed class LiveActivation
{
    private readonly Lock _lock = new();
    private readonly bool[] _free;
    private readonly Dictionary<byte[], int> _first = new(DigestComparer.Instance); // of each digest the first position,
    private readonly int[] _next;                                                  // and of each position the next with the same digest, or -1

    internal LiveActivation(TransactionRow row, IEnumerable<int> free)
    {
        Row = row;
        _free = new bool[row.Digests.Length];
        _next = new int[row.Digests.Length];
        foreach (int position in free)
            (_free[position], Left) = (true, Left + 1);
        for (int position = row.Digests.Length - 1; position >= 0; position--)
        {
            _next[position] = _first.GetValueOrDefault(row.Digests[position], -1);
            _first[row.Digests[position]] = position;
        }
    }

    internal TransactionRow Row { get; }

    /// <summary>How many slots are free.</summary>
    internal int Left { get; private set; }

    /// <summary>Takes one slot for each digest, all or none; one listed twice takes two.</summary>
    /// <returns>Positions in the order of <paramref name="wanted"/>; null when a digest has no free slot.</returns>
    internal int[]? TryTake(IReadOnlyList<byte[]> wanted)
    {
        var positions = new int[wanted.Count];
        lock (_lock)
        {
            for (int i = 0; i < positions.Length; i++)
            {
                int position = _first.GetValueOrDefault(wanted[i], -1);
                while (position >= 0 && !_free[position])
                    position = _next[position];
                if (position < 0)
                {
                    GiveBack(positions.AsSpan(0, i));
                    return null;
                }
                _free[position] = false;
                Left--;
                positions[i] = position;
            }
        }
        return positions;
    }

    /// <summary>Nothing was signed for these slots.</summary>
    internal void GiveBack(ReadOnlySpan<int> positions)
    {
        lock (_lock)
        {
            foreach (int position in positions)
                _free[position] = true;
            Left += positions.Length;
        }
    }

    private sealed class DigestComparer : IEqualityComparer<byte[]>
    {
        internal static readonly DigestComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        /// <summary>Seeded at random in each process, because clients choose the digests.</summary>
        public int GetHashCode([DisallowNull] byte[] obj)
        {
            var hash = new HashCode();
            hash.AddBytes(obj);
            return hash.ToHashCode();
        }
    }
}

/// <summary>The activations that were used last; about so many digests in all. Thread-safe.</summary>
internal sealed class LiveActivations
{
    private const int MostDigests = 200_000; // about 25 MB

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, LinkedListNode<LiveActivation>> _byId = [];
    private readonly LinkedList<LiveActivation> _recent = new(); // first: used last
    private int _digests;

    internal LiveActivation? Find(Guid transactionId)
    {
        lock (_lock)
        {
            if (!_byId.TryGetValue(transactionId, out LinkedListNode<LiveActivation>? node))
                return null;
            _recent.Remove(node);
            _recent.AddFirst(node);
            return node.Value;
        }
    }

    /// <summary>Keeps an activation instead of what was kept before.</summary>
    internal void Keep(LiveActivation activation)
    {
        lock (_lock)
        {
            Forget(activation.Row.TransactionId);
            _byId[activation.Row.TransactionId] = _recent.AddFirst(activation);
            _digests += activation.Row.Digests.Length;
            while (_digests > MostDigests && _recent.Count > 1)
                Forget(_recent.Last!.Value.Row.TransactionId);
        }
    }

    internal void Forget(Guid transactionId)
    {
        lock (_lock)
        {
            if (!_byId.Remove(transactionId, out LinkedListNode<LiveActivation>? node))
                return;
            _recent.Remove(node);
            _digests -= node.Value.Row.Digests.Length;
        }
    }
}
