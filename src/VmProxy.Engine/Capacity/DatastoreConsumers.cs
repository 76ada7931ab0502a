namespace VmProxy.Engine.Capacity;

/// <summary>What takes the room of a datastore. Nothing of it is summed up as reclaimable: that is for a person to judge.</summary>
public sealed record DatastoreConsumers
{
    /// <summary>The VMs that grew most, the most first.</summary>
    public IReadOnlyList<VmGrowth> Growth { get; init; } = [];

    /// <summary>Snapshots with files here, the largest first.</summary>
    public IReadOnlyList<SnapshotOnDatastore> Snapshots { get; init; } = [];

    /// <summary>Deltas of VMs without a snapshot: what a failed consolidation leaves.</summary>
    public IReadOnlyList<DeltaWithoutSnapshot> DeltasWithoutSnapshot { get; init; } = [];

    /// <summary>What the last look at the files found; null when there has been none.</summary>
    public FileSurvey? Files { get; init; }
}

/// <summary>How a VM's files on one datastore have grown.</summary>
/// <param name="VirtualMachine">The VM's name.</param>
/// <param name="Bytes">What its files take here now.</param>
/// <param name="GrownBytes">By how much they have grown, negative where they shrank; all of them for a VM that was not here then.</param>
/// <param name="Since">The day that they are compared with.</param>
public sealed record VmGrowth(string VirtualMachine, long Bytes, long GrownBytes, DateOnly Since);

/// <summary>A snapshot that takes room on a datastore.</summary>
/// <param name="VirtualMachine">The VM's name.</param>
/// <param name="Snapshot">The snapshot's name.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Bytes">What it takes, on all datastores of its VM; null when the server does not say.</param>
public sealed record SnapshotOnDatastore(string VirtualMachine, string Snapshot, DateTimeOffset Created, long? Bytes);

/// <summary>A disk that runs on a delta although its VM has no snapshot.</summary>
/// <param name="VirtualMachine">The VM's name.</param>
/// <param name="File">The delta, as <c>[datastore] folder/name</c>.</param>
/// <param name="Bytes">What its chain takes above the base.</param>
/// <param name="ConsolidationNeeded">Whether vCenter says that the VM needs consolidation.</param>
public sealed record DeltaWithoutSnapshot(string VirtualMachine, string File, long Bytes, bool ConsolidationNeeded);

/// <summary>What a search of a datastore's files found.</summary>
public sealed record FileSurvey
{
    /// <summary>When it was searched, UTC.</summary>
    public required DateTimeOffset Taken { get; init; }

    /// <summary>Why the files were not judged, in a sentence; null when they were.</summary>
    public string? LeftOut { get; init; }

    /// <summary>Files of VMs that nothing in this vCenter refers to, the largest first.</summary>
    public IReadOnlyList<UnreferencedFile> Unreferenced { get; init; } = [];
}

/// <summary>A file of the kind that VMs have, to which nothing in this vCenter refers. It may well be needed: by another vCenter, a script, or a person.</summary>
/// <param name="File">As <c>[datastore] folder/name</c>.</param>
/// <param name="Bytes">What it takes.</param>
/// <param name="Modified">When it was last written; null when the server does not say.</param>
public sealed record UnreferencedFile(string File, long Bytes, DateTimeOffset? Modified);
