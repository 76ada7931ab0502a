using System.ComponentModel.DataAnnotations;

namespace VmProxy.Engine.Configuration;

/// <summary>What protects datastores. Both floors hold: a snapshot is made only where more than each is free.</summary>
public sealed class GuardSettings
{
    /// <summary>Free space that a datastore must keep, in percent of its capacity.</summary>
    [Range(0.0, 90.0)]
    public double FreeSpacePercent { get; init; } = 10;

    /// <summary>Free space that a datastore must keep, in bytes.</summary>
    public ByteSize FreeSpace { get; init; } = new(10L << 30);
}
