using System.Collections;

namespace VmProxy.Repository;

/// <summary>The committed points, oldest first, and those objects that should be points and cannot be read.</summary>
public sealed class PointList : IReadOnlyList<RestorePoint>
{
    readonly List<RestorePoint> _points;

    internal PointList(List<RestorePoint> points, IReadOnlyList<RepositoryException> damaged) => (_points, Damaged) = (points, damaged);

    /// <summary>One exception for each point object that is damaged or of an unknown version. They are reported, never hidden.</summary>
    public IReadOnlyList<RepositoryException> Damaged { get; }

    /// <inheritdoc/>
    public int Count => _points.Count;

    /// <inheritdoc/>
    public RestorePoint this[int index] => _points[index];

    /// <inheritdoc/>
    public IEnumerator<RestorePoint> GetEnumerator() => _points.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
