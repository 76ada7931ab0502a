namespace VmProxy.GuestFiles;

/// <summary>The tags of reparse points that mean something here (MS-FSCC 2.1.2.1).</summary>
static class NtfsReparseTag
{
    public const uint MountPoint = 0xA000_0003;
    public const uint SymbolicLink = 0xA000_000C;
    public const uint Deduplicated = 0x8000_0013;
    public const uint Wof = 0x8000_0017;
    public const uint LinuxSymbolicLink = 0xA000_001D;
    public const uint LinuxSocket = 0x8000_0023;
    public const uint LinuxPipe = 0x8000_0024;
    public const uint LinuxCharacterDevice = 0x8000_0025;
    public const uint LinuxBlockDevice = 0x8000_0026;

    /// <summary>Whether the tag is one of the sixteen of cloud files (0x9000001A to 0x9000F01A).</summary>
    public static bool IsCloud(uint tag) => (tag & 0xFFFF_0FFF) == 0x9000_001A;

    /// <summary>What an entry with the tag is, or null where it is what it would be without.</summary>
    public static GuestEntryKind? KindOf(uint tag) => tag switch
    {
        SymbolicLink or LinuxSymbolicLink => GuestEntryKind.SymbolicLink,
        MountPoint => GuestEntryKind.Junction,
        LinuxSocket => GuestEntryKind.Socket,
        LinuxPipe => GuestEntryKind.Pipe,
        LinuxCharacterDevice => GuestEntryKind.CharacterDevice,
        LinuxBlockDevice => GuestEntryKind.BlockDevice,
        _ => null,
    };
}
