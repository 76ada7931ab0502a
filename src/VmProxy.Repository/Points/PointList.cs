using System.Collections;
using VmProxy.Repository.Points;

namespace VmProxy.Repository;

/// <summary>The committed points, oldest first, and those objects that should be points and cannot be read.</summary>
public sealed class PointList : IReadOnlyList<RestorePoint>
{
    readonly IReadOnlyList<RestorePoint> _points;

    internal PointList(IReadOnlyList<PointEntry> entries, IReadOnlyList<RepositoryException> damaged)
    {
        (Entries, Damaged) = (entries, damaged);
        _points = [.. entries.Where(entry => entry.State is PointState.Valid or PointState.Undecided).Select(entry => entry.Point)];
        Trashed = In(PointState.Trashed);
        Void = In(PointState.Void);
    }

    /// <summary>One exception for each point object that is damaged or of an unknown version. They are reported, never hidden.</summary>
    public IReadOnlyList<RepositoryException> Damaged { get; }

    /// <summary>Points that were deleted and whose objects a prune has not yet removed. They are no restore points.</summary>
    public IReadOnlyList<RestorePoint> Trashed { get; }

    /// <summary>Point objects of writers that were silent for so long that they were closed before they committed. They are no restore points.</summary>
    public IReadOnlyList<RestorePoint> Void { get; }

    /// <inheritdoc/>
    public int Count => _points.Count;

    internal IReadOnlyList<PointEntry> Entries { get; }

    /// <inheritdoc/>
    public RestorePoint this[int index] => _points[index];

    /// <inheritdoc/>
    public IEnumerator<RestorePoint> GetEnumerator() => _points.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    IReadOnlyList<RestorePoint> In(PointState state) => [.. Entries.Where(entry => entry.State == state).Select(entry => entry.Point)];
}
