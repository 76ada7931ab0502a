using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Files;

/// <summary>What lies on disks.</summary>
/// <param name="Volumes">The volumes.</param>
/// <param name="Findings">What was noticed on the way to them: damaged tables, copies that were used, groups with parts missing.</param>
public sealed record VolumeList(IReadOnlyList<VolumeRow> Volumes, IReadOnlyList<Failure> Findings);

/// <summary>One volume.</summary>
/// <param name="Name">How it is called in paths.</param>
/// <param name="Disk">The disk or volume group that it lies on.</param>
/// <param name="Role">wholeDisk, partition or logicalVolume.</param>
/// <param name="Number">The partition's number.</param>
/// <param name="Offset">First byte on the disk; null for a logical volume.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Label">The partition's name.</param>
/// <param name="Type">What the table says that it is.</param>
/// <param name="Bootable">Whether the table marks it as the one to boot.</param>
/// <param name="Holds">What its bytes say that it holds, in words.</param>
/// <param name="Readable">Whether files can be read from it.</param>
/// <param name="Problem">Why not, or what is doubtful.</param>
public sealed record VolumeRow(
    string Name, string Disk, string Role, int? Number, long? Offset, long Length, string? Label, string Type, bool Bootable, string Holds, bool Readable, Failure? Problem);
