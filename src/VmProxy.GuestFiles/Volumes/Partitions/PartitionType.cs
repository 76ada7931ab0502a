namespace VmProxy.GuestFiles;

/// <summary>What a table says that a partition is.</summary>
/// <param name="Name">In words.</param>
sealed record PartitionType(string Name)
{
    /// <summary>Whether such partitions hold no files by nature.</summary>
    public bool IsReserved { get; init; }

    /// <summary>What such a partition holds whatever is seen in it: parts of disks that are managed by something which is not read.</summary>
    public VolumeContent? Content { get; init; }

    /// <summary>A part of a dynamic disk of Windows, whose volumes need not begin where the partition does.</summary>
    public static PartitionType Dynamic(string name) => new(name) { Content = new VolumeContent(VolumeKind.Other, "a part of a dynamic disk of Windows (LDM)") };
}
