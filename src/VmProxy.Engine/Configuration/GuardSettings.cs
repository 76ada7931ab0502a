using System.ComponentModel.DataAnnotations;

namespace VmProxy.Engine.Configuration;

/// <summary>What protects datastores, repositories and this installation's own disk. Both floors hold: a snapshot is made only where more than each stays free.</summary>
public sealed class GuardSettings
{
    /// <summary>Free space that a datastore must keep, in percent of its capacity.</summary>
    [Range(0.0, 90.0)]
    public double FreeSpacePercent { get; init; } = 10;

    /// <summary>Free space that a datastore must keep, in bytes.</summary>
    public ByteSize FreeSpace { get; init; } = new(10L << 30);

    /// <summary>How much of a disk a guest is held to write in an hour, in percent, as long as no earlier points of the VM tell.</summary>
    [Range(0.0, 100.0)]
    public double ChangePercentPerHour { get; init; } = 1;

    /// <summary>How often free space is looked at while a snapshot of ours exists.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The age at which a snapshot of ours is removed, whatever it is needed for.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan SnapshotMaxAge { get; init; } = TimeSpan.FromDays(1);

    /// <summary>VMs with a snapshot of ours on one datastore at the same time, over all processes of this installation.</summary>
    [Range(1, 256)]
    public int SnapshotsPerDatastore { get; init; } = 4;

    /// <summary>VMs with a snapshot of ours on one host at the same time, over all processes of this installation.</summary>
    [Range(1, 256)]
    public int SnapshotsPerHost { get; init; } = 8;

    /// <summary>How long a VM waits for other snapshots of ours to go before it is given up.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan SnapshotWait { get; init; } = TimeSpan.FromHours(6);

    /// <summary>Free space that the disk of a repository must keep, in bytes.</summary>
    public ByteSize RepositoryFree { get; init; } = new(1L << 30);

    /// <summary>Free space that the disk of the state folder must keep, in bytes: a catalog that cannot be written ends every run.</summary>
    public ByteSize StateFree { get; init; } = new(256L << 20);

    /// <summary>Free space that the disk of the staging folder must keep, in bytes: other programs write there too.</summary>
    public ByteSize StagingFree { get; init; } = new(1L << 30);

    /// <summary>The latency of reads, in milliseconds, above which a source is read with fewer reads at the same time; 0 never slows.</summary>
    [Range(0, 60_000)]
    public int ReadLatencyMilliseconds { get; init; } = 250;

    /// <summary>The share of a datastore, in percent, at and below which its free space is a warning of the capacity report.</summary>
    [Range(0.0, 100.0)]
    public double FreeWarningPercent { get; init; } = 20;

    /// <summary>The same for critical; no higher than <see cref="FreeWarningPercent"/>.</summary>
    [Range(0.0, 100.0)]
    public double FreeCriticalPercent { get; init; } = 10;

    /// <summary>The free space in bytes that a datastore of this size must keep: the higher of both floors.</summary>
    public long FloorOf(long capacityBytes) => Math.Max((long)(capacityBytes * FreeSpacePercent / 100), FreeSpace.Bytes);
}
