namespace VmProxy.GuestFiles;

/// <summary>A name in a directory and the inode that it stands for.</summary>
readonly record struct XfsName(string Name, ulong Inode);
