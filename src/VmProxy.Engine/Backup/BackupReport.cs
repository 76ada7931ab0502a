using System.Text.Json.Serialization;
using VmProxy.Engine.Commands;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Transports;

namespace VmProxy.Engine.Backup;

/// <summary>How a piece of work ended.</summary>
public enum Outcome
{
    /// <summary>Everything was done.</summary>
    Done,

    /// <summary>Done, but something was skipped or downgraded; the warnings say what.</summary>
    Warning,

    /// <summary>Not done; the error says why.</summary>
    Failed,
}

/// <summary>What a backup run did.</summary>
public sealed record BackupReport
{
    /// <summary>The run's id in the catalog.</summary>
    public required string RunId { get; init; }

    /// <summary>The job's name.</summary>
    public required string Job { get; init; }

    /// <summary>Start of the run, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>End of the run, UTC.</summary>
    public required DateTimeOffset Finished { get; init; }

    /// <summary>The worst outcome of its VMs.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>One result a VM, in the order of their names.</summary>
    public required IReadOnlyList<VmReport> VirtualMachines { get; init; }

    /// <summary>Why the run ended before its end; null when it did not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Failure? Error { get; init; }

    /// <summary>What the commands before and after the job did, in their order.</summary>
    public IReadOnlyList<CommandReport> Commands { get; init; } = [];

    /// <summary>What concerns the run and no single VM.</summary>
    public IReadOnlyList<Failure> Warnings { get; init; } = [];
}

/// <summary>What a run did with one VM.</summary>
public sealed record VmReport
{
    /// <summary>The VM's name at the time.</summary>
    public required string Name { get; init; }

    /// <summary>The VM's identity in its vCenter; null when the server gives none.</summary>
    public string? InstanceUuid { get; init; }

    /// <summary>How it ended.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>The new restore point's id, when there is one.</summary>
    public string? Point { get; init; }

    /// <summary>Whether the guest's file systems were frozen for the snapshot.</summary>
    public bool? Quiesced { get; init; }

    /// <summary>How long its snapshot stood; null when none was made.</summary>
    public SnapshotTimes? Snapshot { get; init; }

    /// <summary>What was decided or noticed, and is no warning.</summary>
    public IReadOnlyList<Failure> Notes { get; init; } = [];

    /// <summary>The disks that the point holds.</summary>
    public IReadOnlyList<DiskReport> Disks { get; init; } = [];

    /// <summary>The disks that are left out, and why.</summary>
    public IReadOnlyList<ExcludedDiskReport> ExcludedDisks { get; init; } = [];

    /// <summary>What the job's commands did, in their order.</summary>
    public IReadOnlyList<CommandReport> Commands { get; init; } = [];

    /// <summary>Bytes that the repository grew by for this VM.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Of <see cref="StoredBytes"/>, what is not disk content: maps, index and the point itself.</summary>
    public long MetadataBytes { get; init; }

    /// <summary>What was skipped or downgraded, and why.</summary>
    public IReadOnlyList<Failure> Warnings { get; init; } = [];

    /// <summary>Why there is no point.</summary>
    public Failure? Error { get; init; }
}

/// <summary>How long a snapshot of ours stood.</summary>
/// <param name="HeldMilliseconds">From its beginning until it was gone, or given up on.</param>
/// <param name="RemovalMilliseconds">Of that, what the removal and its merge took; null when it could not be removed.</param>
public sealed record SnapshotTimes(long HeldMilliseconds, long? RemovalMilliseconds);

/// <summary>A disk of the VM that is not in the backup.</summary>
/// <param name="Key">The disk's device key in the VM.</param>
/// <param name="Label">Its label, such as "Hard disk 2".</param>
/// <param name="Code">Why, as a stable code, such as <c>DISK_INDEPENDENT</c> or <c>DISK_EXCLUDED_BY_JOB</c>.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record ExcludedDiskReport(int Key, string Label, string Code, string Reason);

/// <summary>What a run did with one disk.</summary>
public sealed record DiskReport
{
    /// <summary>The disk's label in the VM, such as "Hard disk 1".</summary>
    public required string Label { get; init; }

    /// <summary>The disk's device key in the VM.</summary>
    public required int Key { get; init; }

    /// <summary>The level that the disk was really read with.</summary>
    public required BackupLevel Level { get; init; }

    /// <summary>Why that level, as a stable code, such as <c>CBT_EPOCH_CHANGED</c>.</summary>
    public required string LevelReason { get; init; }

    /// <summary>The transport that was used; several joined by '+' where one went on for another.</summary>
    public required string Transport { get; init; }

    /// <summary>Why that transport, as stable codes.</summary>
    public IReadOnlyList<string> TransportReasons { get; init; } = [];

    /// <summary>The verdict on each allowed transport, and what it did.</summary>
    public IReadOnlyList<DiskTransport> Transports { get; init; } = [];

    /// <summary>That another transport had to replace an explicit choice, as the configuration allows; null otherwise. It is among the VM's warnings.</summary>
    [JsonIgnore]
    public Failure? Replaced { get; init; }

    /// <summary>Size in bytes.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Bytes that vCenter named as changed or allocated, or the capacity when everything was in question.</summary>
    public required long AreaBytes { get; init; }

    /// <summary>Bytes read from the transport.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>What slowing its reads came to; null when the source was fast enough.</summary>
    public SlowedSource? Slowed { get; init; }

    /// <summary>Bytes outside the areas that a spot check of change tracking has read besides.</summary>
    public long CheckedBytes { get; init; }
}
