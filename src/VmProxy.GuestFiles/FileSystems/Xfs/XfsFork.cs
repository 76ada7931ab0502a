namespace VmProxy.GuestFiles;

/// <summary>How a fork of an inode keeps what it holds.</summary>
enum XfsForkFormat : byte
{
    Device = 0,
    Local = 1,
    Extents = 2,
    Tree = 3,
}

/// <summary>A fork of an inode: content or attributes.</summary>
/// <param name="Owner">The inode.</param>
/// <param name="Subject">What it is, as the subject of errors.</param>
/// <param name="Format">One of <see cref="XfsForkFormat"/>, or a number that is none.</param>
/// <param name="Bytes">Its room inside of the inode.</param>
/// <param name="Extents">How many extents the inode counts.</param>
readonly record struct XfsFork(ulong Owner, string Subject, XfsForkFormat Format, ReadOnlyMemory<byte> Bytes, ulong Extents);
