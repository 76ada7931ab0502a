namespace VmProxy.GuestFiles;

/// <summary>A name of an XFS directory and its inode.</summary>
sealed class XfsEntry : GuestEntry
{
    /// <summary>The entry of an inode that could be read.</summary>
    public static XfsEntry Of(string name, XfsInode inode)
    {
        var kind = inode.Kind;
        var hasContent = kind is GuestEntryKind.File or GuestEntryKind.SymbolicLink;
        return new XfsEntry
        {
            Name = name,
            Id = inode.Number,
            Kind = kind,
            Size = hasContent ? inode.Size : 0,
            Modified = inode.Modified,
            Accessed = inode.Accessed,
            Changed = inode.Changed,
            Created = inode.Created,
            Mode = inode.Mode & 0xFFF,
            Owner = inode.Owner,
            Group = inode.Group,
            Links = (int)Math.Min(inode.Links, int.MaxValue),
            DeviceNumber = kind is GuestEntryKind.CharacterDevice or GuestEntryKind.BlockDevice ? inode.DeviceNumber : null,
            Problem = kind == GuestEntryKind.File && inode.IsRealtime
                ? new GuestProblem(GuestFileErrorCodes.Unsupported, inode.Subject, $"The content of {inode.Subject} lies on a realtime volume, which is not read.")
                : null,
        };
    }

    /// <summary>The entry of an inode that could not be read.</summary>
    public static XfsEntry Broken(XfsName name, GuestProblem problem) =>
        new() { Name = name.Name, Id = name.Inode, Kind = GuestEntryKind.Unknown, Links = 0, Problem = problem };
}
