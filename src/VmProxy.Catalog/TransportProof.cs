namespace VmProxy.Catalog;

/// <summary>A comparison showed that a transport reads disks of one form right on hosts of one build.</summary>
public sealed record TransportProof
{
    /// <summary>The transport's name.</summary>
    public required string Transport { get; init; }

    /// <summary>The form of the disk, such as "vmfs6/flat/thin/base".</summary>
    public required string DiskForm { get; init; }

    /// <summary>Version and build of the VM's host.</summary>
    public required string HostBuild { get; init; }

    /// <summary>The transports that read the same, separated by commas.</summary>
    public required string ComparedWith { get; init; }

    /// <summary>How many blocks with data were compared.</summary>
    public required long Blocks { get; init; }

    /// <summary>The run that compared.</summary>
    public required string RunId { get; init; }

    /// <summary>The VM whose disk it was.</summary>
    public required string VmName { get; init; }

    /// <summary>When, UTC. The catalog sets it.</summary>
    public DateTimeOffset ProvenAt { get; init; }
}
