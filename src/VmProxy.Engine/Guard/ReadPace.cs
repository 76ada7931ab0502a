namespace VmProxy.Engine.Guard;

/// <summary>
/// How many reads a source may have at the same time, from how long they take: halved when the slow ones take longer than the limit, one more when
/// they are well below it. Not safe for concurrent use.
/// </summary>
/// <param name="most">Reads at the same time at first, and at most.</param>
/// <param name="limit">The latency that is too long; zero never slows.</param>
sealed class ReadPace(int most, TimeSpan limit)
{
    /// <summary>Reads after which it is decided again: enough to tell a slow source from a slow read.</summary>
    public const int Window = 16;

    /// <summary>The share of reads that may be slower.</summary>
    const double Percentile = 0.9;

    /// <summary>Room between slowing and hastening, so that it does not swing.</summary>
    const double WellBelow = 0.5;

    readonly List<TimeSpan> _latencies = new(Window);
    readonly int _most = most;

    /// <summary>Reads that are allowed at the same time now.</summary>
    public int Allowed { get; private set; } = most;

    /// <summary>The fewest that were ever allowed.</summary>
    public int Fewest { get; private set; } = most;

    /// <summary>The longest latency, at the percentile that decides, that was ever seen.</summary>
    public TimeSpan Worst { get; private set; }

    /// <summary>Notes that a read has ended; tells whether <see cref="Allowed"/> is another now.</summary>
    public bool Note(TimeSpan latency)
    {
        _latencies.Add(latency);
        if (_latencies.Count < Window)
        {
            return false;
        }

        _latencies.Sort();
        var slow = _latencies[(int)(Window * Percentile)];
        _latencies.Clear();
        Worst = slow > Worst ? slow : Worst;
        var before = Allowed;
        if (limit > TimeSpan.Zero)
        {
            Allowed = slow > limit ? Math.Max(1, Allowed / 2) : slow < limit * WellBelow ? Math.Min(_most, Allowed + 1) : Allowed;
        }

        Fewest = Math.Min(Fewest, Allowed);
        return Allowed != before;
    }
}
