namespace VmProxy.GuestFiles;

/// <summary>
/// The problems that a listing or a walk met while it went on: the first of them in words, all of them counted, since a broken disk can have millions. Many threads may add.
/// </summary>
public sealed class GuestProblems
{
    /// <summary>How many are kept in words.</summary>
    public const int Kept = 1000;

    readonly Lock _gate = new();
    readonly List<GuestProblem> _first = [];
    long _count;

    /// <summary>How many there were.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>The first of them, at most <see cref="Kept"/>.</summary>
    public IReadOnlyList<GuestProblem> First
    {
        get
        {
            lock (_gate)
            {
                return [.. _first];
            }
        }
    }

    /// <summary>Adds one.</summary>
    public void Add(GuestProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        lock (_gate)
        {
            _count++;
            if (_first.Count < Kept)
            {
                _first.Add(problem);
            }
        }
    }

    /// <summary>Adds what an exception says.</summary>
    public void Add(GuestFileException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        Add(exception.ToProblem());
    }
}
