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

    /// <summary>Entries that belong to a run that is still at work.</summary>
    public required int OwnedByRunningRuns { get; init; }

    /// <summary>What is not provably ours, or could not be put right: reported, never touched.</summary>
    public required IReadOnlyList<Failure> Findings { get; init; }

    /// <summary>What should have been put right and could not.</summary>
    public required IReadOnlyList<Failure> Errors { get; init; }
}
