using System.Text.Json.Serialization;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
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

    /// <summary>What concerns the run and no single VM.</summary>
    public IReadOnlyList<Failure> Warnings { get; init; } = [];
}

/// <summary>What a run did with one VM.</summary>
public sealed record VmReport
{
    /// <summary>The VM's name at the time.</summary>
    public required string Name { get; init; }

    /// <summary>How it ended.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>The new restore point's id, when there is one.</summary>
    public string? Point { get; init; }

    /// <summary>Whether the guest's file systems were frozen for the snapshot.</summary>
    public bool? Quiesced { get; init; }

    /// <summary>The disks that the point holds.</summary>
    public IReadOnlyList<DiskReport> Disks { get; init; } = [];

    /// <summary>Bytes that the repository grew by for this VM.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Of <see cref="StoredBytes"/>, what is not disk content: maps, index and the point itself.</summary>
    public long MetadataBytes { get; init; }

    /// <summary>What was skipped or downgraded, and why.</summary>
    public IReadOnlyList<Failure> Warnings { get; init; } = [];

    /// <summary>Why there is no point.</summary>
    public Failure? Error { get; init; }
}

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
}
