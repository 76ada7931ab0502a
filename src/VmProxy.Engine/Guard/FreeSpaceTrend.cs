namespace VmProxy.Engine.Guard;

/// <summary>How fast a datastore fills, from what was free at the last few looks.</summary>
sealed class FreeSpaceTrend
{
    const int Looks = 5;

    readonly Queue<(TimeSpan At, long Free)> _looks = new();

    /// <summary>Notes what is free.</summary>
    /// <param name="at">Time on a clock that only runs forward.</param>
    /// <param name="freeBytes">What is free then.</param>
    public void Note(TimeSpan at, long freeBytes)
    {
        _looks.Enqueue((at, freeBytes));
        if (_looks.Count > Looks)
        {
            _looks.Dequeue();
        }
    }

    /// <summary>
    /// What will be taken in the time ahead: at the mean rate of the last looks, but no less than what the last one showed. One new disk of another
    /// tenant must not look like a flood, and a flood that has just begun not like a drop.
    /// </summary>
    public long ExpectedBytes(TimeSpan ahead)
    {
        if (_looks.Count < 2)
        {
            return 0;
        }

        var all = _looks.ToArray();
        var (first, previous, last) = (all[0], all[^2], all[^1]);
        var rate = Math.Max(0, first.Free - last.Free) / Math.Max((last.At - first.At).TotalSeconds, 0.001);
        return (long)Math.Max(rate * ahead.TotalSeconds, Math.Max(0, previous.Free - last.Free));
    }
}
