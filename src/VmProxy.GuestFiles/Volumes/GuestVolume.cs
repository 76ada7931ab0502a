using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>A stretch of a VM's disks that can hold a file system.</summary>
public sealed class GuestVolume
{
    internal GuestVolume()
    {
    }

    /// <summary>
    /// How the user calls it; no two volumes of the same disks share it. A partition is the disk's name, p and its number (disk1p2), a logical volume is group/volume, a whole
    /// disk is the disk's name, or "disk" where that is empty.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>The name of the disk, or of the volume group.</summary>
    public required string Disk { get; init; }

    /// <summary>Where it lies.</summary>
    public required VolumeRole Role { get; init; }

    /// <summary>The partition's number as Linux counts: logical ones from 5. Null for other roles.</summary>
    public int? Number { get; init; }

    /// <summary>First byte on the disk. Null for a logical volume, whose parts may lie anywhere.</summary>
    public long? Offset { get; init; }

    /// <summary>Bytes that it spans, also where the disk ends before.</summary>
    public required long Length { get; init; }

    /// <summary>The partition's name (GPT); null for none.</summary>
    public string? Label { get; init; }

    /// <summary>What the partition table or the volume group says that it is, in words, such as "Linux" or "EFI system"; it need not be true.</summary>
    public required string TypeName { get; init; }

    /// <summary>Whether the partition table marks it as the one to boot (MBR's active flag, GPT's legacy BIOS flag).</summary>
    public bool IsBootable { get; init; }

    /// <summary>What its bytes say that it holds.</summary>
    public required VolumeContent Content { get; init; }

    /// <summary>
    /// Why it cannot be read, or what is doubtful about it (<see cref="GuestProblem.IsWarning"/>), or null. Volumes that hold no files by nature (swap, physical volumes of LVM,
    /// partitions that are reserved) have no problem and are not readable.
    /// </summary>
    public GuestProblem? Problem { get; init; }

    /// <summary>Whether it holds a file system that can be opened.</summary>
    public bool IsReadable => Problem is null or { IsWarning: true } && Content.IsFileSystem;

    /// <summary>Its bytes, as far as the disk has them; it is valid as long as the disks are. Empty where they cannot be given.</summary>
    public required IBlockDevice Device { get; init; }

    /// <summary>Opens the file system. The caller disposes it.</summary>
    /// <exception cref="GuestFileException">There is none that can be read (just what <see cref="Problem"/> says), or it is damaged beyond opening.</exception>
    /// <exception cref="BlockDeviceException">The disk could not be read.</exception>
    public ValueTask<IGuestFileSystem> OpenAsync(CancellationToken cancellationToken) =>
        Problem is { IsWarning: false } ? ValueTask.FromException<IGuestFileSystem>(Problem.ToException())
            : FileSystems.OpenAsync(Device, Name, Content, cancellationToken);

    internal GuestVolume WithProblem(GuestProblem problem) => new()
    {
        Name = Name, Disk = Disk, Role = Role, Number = Number, Offset = Offset, Length = Length, Label = Label, TypeName = TypeName, IsBootable = IsBootable,
        Content = Content, Problem = problem, Device = Device,
    };
}
