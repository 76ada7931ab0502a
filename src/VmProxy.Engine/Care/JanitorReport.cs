using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Care;

/// <summary>What the janitor put right, and what it left alone.</summary>
public sealed record JanitorReport
{
    /// <summary>Disks of ours that were still attached to a proxy VM and are not any more.</summary>
    public required IReadOnlyList<string> DetachedDisks { get; init; }

    /// <summary>Snapshots of ours that were removed.</summary>
    public required IReadOnlyList<string> RemovedSnapshots { get; init; }

    /// <summary>Journal entries whose change had never been made, or was gone already.</summary>
    public required int ClosedEntries { get; init; }

    /// <summary>Entries that belong to a run that is still at work, and snapshots whose run the catalog does not know and must still count as alive.</summary>
    public required int OwnedByRunningRuns { get; init; }

    /// <summary>Snapshots that are not ours: for information, never touched.</summary>
    public IReadOnlyList<OtherSnapshot> OtherSnapshots { get; init; } = [];

    /// <summary>What is not provably ours, or could not be put right: reported, never touched.</summary>
    public required IReadOnlyList<Failure> Findings { get; init; }

    /// <summary>What should have been put right and could not.</summary>
    public required IReadOnlyList<Failure> Errors { get; init; }
}

/// <summary>A snapshot of somebody else.</summary>
/// <param name="VirtualMachine">The VM.</param>
/// <param name="Name">The snapshot's name.</param>
/// <param name="Created">When it was made.</param>
/// <param name="AgeSeconds">How long ago that was.</param>
/// <param name="SizeBytes">Its own files and the deltas begun when it was made, as of the server's last refresh; null when not known.</param>
/// <param name="Owner">Who made it, where its mark or name tells; null otherwise.</param>
public sealed record OtherSnapshot(string VirtualMachine, string Name, DateTimeOffset Created, long AgeSeconds, long? SizeBytes, string? Owner);
