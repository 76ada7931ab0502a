using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Compare;

/// <summary>What reading the same blocks by several transports showed.</summary>
public sealed record ComparisonReport
{
    /// <summary>The run's id in the catalog.</summary>
    public required string RunId { get; init; }

    /// <summary>The VM's name.</summary>
    public required string VirtualMachine { get; init; }

    /// <summary>Version and build of the VM's host, for which the proof holds.</summary>
    public required string HostBuild { get; init; }

    /// <summary>Failed when transports differ; a warning when a disk could not be compared.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>One result a disk.</summary>
    public required IReadOnlyList<ComparedDisk> Disks { get; init; }

    /// <summary>What could not be compared or undone.</summary>
    public required IReadOnlyList<Failure> Warnings { get; init; }
}

/// <summary>A disk whose blocks were compared.</summary>
/// <param name="Label">Label, such as "Hard disk 1".</param>
/// <param name="Form">Its form, for which the proof holds, such as "vmfs6/flat/thin/base".</param>
/// <param name="Blocks">Blocks that were read by each transport.</param>
/// <param name="DataBlocks">Of these, how many held data; blocks of zeros prove nothing.</param>
/// <param name="Transports">What each transport read.</param>
public sealed record ComparedDisk(string Label, string Form, int Blocks, int DataBlocks, IReadOnlyList<ComparedTransport> Transports);

/// <summary>What a transport read of a disk.</summary>
/// <param name="Transport">Its name.</param>
/// <param name="Verdict">How it stands.</param>
/// <param name="FirstDifference">Where the first block begins that differs; null when none does.</param>
/// <param name="Failure">Why it could not read; null otherwise.</param>
public sealed record ComparedTransport(string Transport, ComparisonVerdict Verdict, long? FirstDifference, Failure? Failure);

/// <summary>How a transport stands after a comparison.</summary>
public enum ComparisonVerdict
{
    /// <summary>It read the same as another transport that is relied on, or as all others: recorded as proved.</summary>
    Proven,

    /// <summary>It read something else: any earlier proof was taken back.</summary>
    Differs,

    /// <summary>Nothing can be said: no other transport read the disk, or no block held data.</summary>
    NotCompared,

    /// <summary>It could not read the disk.</summary>
    Failed,
}
