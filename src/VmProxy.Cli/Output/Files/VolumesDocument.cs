using VmProxy.GuestFiles;

namespace VmProxy.Cli.Output.Files;

/// <summary>The JSON of the volumes of disks. Bytes are integers.</summary>
sealed record VolumesDocument(IReadOnlyList<VolumeDocument> Volumes, IReadOnlyList<GuestProblem> Findings);

/// <summary>One volume.</summary>
sealed record VolumeDocument(
    string Name, string Disk, VolumeRole Role, int? Number, long? Offset, long Length, string? Label, string Type, bool Bootable, string Holds, bool Readable, GuestProblem? Problem);
