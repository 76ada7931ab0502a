namespace VmProxy.GuestFiles;

/// <summary>The flags of an inode (i_flags) that say how it is read.</summary>
[Flags]
enum ExtInodeFlags : uint
{
    Encrypted = 0x800,
    Indexed = 0x1000,
    Extents = 0x8_0000,
    AttributeValue = 0x20_0000,
    InlineData = 0x1000_0000,
    CaseFold = 0x4000_0000,
}
