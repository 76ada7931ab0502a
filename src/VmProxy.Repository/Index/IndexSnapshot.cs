namespace VmProxy.Repository.Index;

/// <summary>
/// The segments that are in use at one time. Whoever looks into them has entered, and nothing is unmapped before the last one has left.
/// The counts are spread over stripes, so that lookups on several cores do not fight over one cache line.
/// </summary>
internal sealed class IndexSnapshot(IndexSegment[] segments)
{
    const int Stripes = 16;
    const int Stride = 64 / sizeof(int);
    readonly int[] _entered = new int[(Stripes + 1) * Stride];

    public IndexSegment[] Segments => segments;

    /// <summary>True when nobody is inside. Meaningful once the snapshot is no longer handed out.</summary>
    public bool IsIdle
    {
        get
        {
            for (var stripe = 1; stripe <= Stripes; stripe++)
            {
                if (Volatile.Read(ref _entered[stripe * Stride]) != 0)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Enters, and returns what <see cref="Exit"/> needs.</summary>
    public int Enter()
    {
        var stripe = ((Thread.GetCurrentProcessorId() & (Stripes - 1)) + 1) * Stride;
        Interlocked.Increment(ref _entered[stripe]);
        return stripe;
    }

    public void Exit(int stripe) => Interlocked.Decrement(ref _entered[stripe]);
}

/// <summary>Keeps the segments of one time mapped until it is disposed, whatever a refresh or a compaction does meanwhile.</summary>
internal sealed class IndexLease(IndexSnapshot snapshot, int stripe) : IDisposable
{
    int _disposed;

    /// <summary>The segments, none of them superseded by another.</summary>
    public IReadOnlyList<IndexSegment> Segments => snapshot.Segments;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            snapshot.Exit(stripe);
        }
    }
}
