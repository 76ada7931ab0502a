namespace VmProxy.GuestFiles;

/// <summary>A name of ext4 and the inode that it stands for.</summary>
sealed class ExtEntry : GuestEntry
{
    /// <summary>The inode.</summary>
    public uint Number => (uint)Id;

    /// <summary>The entry of an inode that was read.</summary>
    public static ExtEntry Of(ExtVolume volume, ExtInode inode, string name)
    {
        if (WhyNoFile(volume, inode) is { } why)
        {
            return Broken(name, inode.Number, volume.Damaged($"inode {inode.Number}", why).ToProblem());
        }

        var kind = inode.Kind;
        var size = kind is GuestEntryKind.File or GuestEntryKind.SymbolicLink ? inode.Size(false) : 0;
        return new ExtEntry
        {
            Name = name,
            Id = inode.Number,
            Kind = kind,
            Size = Math.Max(0, size),
            Modified = inode.Modified,
            Accessed = inode.Accessed,
            Changed = inode.Changed,
            Created = inode.Created,
            Mode = inode.Mode & 0xFFF,
            Owner = inode.Owner,
            Group = inode.Group,
            Links = inode.Links,
            DeviceNumber = kind is GuestEntryKind.CharacterDevice or GuestEntryKind.BlockDevice ? inode.DeviceNumber : null,
            Problem = ProblemOf(volume, inode, size),
        };
    }

    /// <summary>A name whose inode cannot be read.</summary>
    public static ExtEntry Broken(string name, uint number, GuestProblem problem) =>
        new() { Name = name, Id = number, Kind = GuestEntryKind.Unknown, Problem = problem };

    static string? WhyNoFile(ExtVolume volume, ExtInode inode) =>
        inode.Mode == 0 || inode.Links == 0 ? "has a name and is not in use"
        : inode.Kind == GuestEntryKind.Unknown ? $"has the mode {inode.Mode:X4}, which is no kind of file"
        : inode.Number < volume.Superblock.FirstInode && inode.Number != ExtFileSystem.RootInode ? "has a name and belongs to the file system itself"
        : null;

    static GuestProblem? ProblemOf(ExtVolume volume, ExtInode inode, long size)
    {
        var subject = $"inode {inode.Number}";
        return size < 0 ? volume.Damaged(subject, $"has the size {size}").ToProblem()
            : inode.Flags.HasFlag(ExtInodeFlags.Encrypted) && inode.Kind == GuestEntryKind.Directory
                ? new GuestProblem(GuestFileErrorCodes.Encrypted, subject, $"The directory of inode {inode.Number} of {volume.Name} is encrypted: its names are given in the form that Linux gives without the key.") { IsWarning = true }
            : inode.Flags.HasFlag(ExtInodeFlags.Encrypted) && inode.Kind is GuestEntryKind.File or GuestEntryKind.SymbolicLink
                ? new GuestProblem(GuestFileErrorCodes.Encrypted, subject, $"Inode {inode.Number} of {volume.Name} is encrypted (fscrypt); the key is not on the disk.")
            : null;
    }
}
