namespace VmProxy.Repository.Points;

/// <summary>Whether a point object counts.</summary>
internal enum PointState
{
    /// <summary>A restore point.</summary>
    Valid,

    /// <summary>Deleted; its object goes once no running backup can build on it.</summary>
    Trashed,

    /// <summary>
    /// Its session is being closed, and it is not decided whether the point came in time. It can be read like any other until it is found that it did not; who
    /// wants to build on it must have it decided.
    /// </summary>
    Undecided,

    /// <summary>Its session was closed before it came. It never was a restore point.</summary>
    Void,
}

/// <summary>A point object and what it is.</summary>
internal sealed record PointEntry(RandomId Name, RestorePoint Point, PointState State);
