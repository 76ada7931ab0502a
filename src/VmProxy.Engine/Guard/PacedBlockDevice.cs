using VmProxy.Blocks;

namespace VmProxy.Engine.Guard;

/// <summary>What slowing a source came to.</summary>
/// <param name="FewestReads">The fewest reads at the same time that it was held to.</param>
/// <param name="MostReads">The reads at the same time that it takes at most.</param>
/// <param name="WorstLatencyMilliseconds">The longest latency that made it so.</param>
public sealed record SlowedSource(int FewestReads, int MostReads, long WorstLatencyMilliseconds);

/// <summary>Measures how long a device takes for its reads, and holds back further ones while it takes too long: the VMs that live on the same storage come first.</summary>
sealed class PacedBlockDevice : IBlockDevice
{
    readonly IBlockDevice _inner;
    readonly bool _ownsInner;
    readonly TimeProvider _time;
    readonly Action<int> _slowed;
    readonly SemaphoreSlim _places;
    readonly ReadPace _pace;
    readonly Lock _gate = new();
    int _owed;

    /// <summary>Wraps a device.</summary>
    /// <param name="inner">The device.</param>
    /// <param name="ownsInner">Whether disposing this disposes <paramref name="inner"/>.</param>
    /// <param name="limit">The latency that is too long; zero never slows.</param>
    /// <param name="time">The clock of the latencies.</param>
    /// <param name="slowed">Hears of each time that fewer reads are allowed.</param>
    public PacedBlockDevice(IBlockDevice inner, bool ownsInner, TimeSpan limit, TimeProvider time, Action<int> slowed)
    {
        (_inner, _ownsInner, _time, _slowed) = (inner, ownsInner, time, slowed);
        _places = new SemaphoreSlim(inner.MaxInFlight);
        _pace = new ReadPace(inner.MaxInFlight, limit);
    }

    /// <inheritdoc/>
    public long Length => _inner.Length;

    /// <inheritdoc/>
    public int SectorSize => _inner.SectorSize;

    /// <inheritdoc/>
    public int PreferredReadSize => _inner.PreferredReadSize;

    /// <inheritdoc/>
    public int MaxInFlight => _inner.MaxInFlight;

    /// <summary>Reads that are allowed at the same time now.</summary>
    public int Allowed
    {
        get
        {
            lock (_gate)
            {
                return _pace.Allowed;
            }
        }
    }

    /// <summary>What slowing came to; null when it was never needed.</summary>
    public SlowedSource? Slowed
    {
        get
        {
            lock (_gate)
            {
                return _pace.Fewest == MaxInFlight ? null : new SlowedSource(_pace.Fewest, MaxInFlight, (long)_pace.Worst.TotalMilliseconds);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        var started = _time.GetTimestamp();
        try
        {
            await _inner.ReadAsync(offset, buffer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            GiveBack(_time.GetElapsedTime(started));
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken) =>
        _inner.RunsAsync(offset, length, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _places.Dispose();
        if (_ownsInner)
        {
            await _inner.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Places that were taken away while reads held them are owed: they vanish as those reads end.</summary>
    void GiveBack(TimeSpan latency)
    {
        int? fewer = null;
        lock (_gate)
        {
            var before = _pace.Allowed;
            if (_pace.Note(latency))
            {
                _owed += before - _pace.Allowed;
                fewer = _pace.Allowed < before ? _pace.Allowed : null;
            }

            // The place of this read, and one for each that is allowed anew.
            var free = 1 - _owed;
            _owed = Math.Max(0, -free);
            if (free > 0)
            {
                _places.Release(free);
            }
        }

        if (fewer is { } allowed)
        {
            _slowed(allowed);
        }
    }
}
