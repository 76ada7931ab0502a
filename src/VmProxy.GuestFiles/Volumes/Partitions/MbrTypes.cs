using System.Globalization;

namespace VmProxy.GuestFiles;

/// <summary>The type bytes of MBR partitions, in words.</summary>
static class MbrTypes
{
    public const byte Protective = 0xEE;

    public static bool IsExtended(byte type) => type is 0x05 or 0x0F or 0x85 or 0xC5 or 0xD5;

    public static PartitionType Get(byte type) => type switch
    {
        0x01 => new("FAT12"),
        0x04 or 0x06 or 0x0E => new("FAT16"),
        0x07 => new("NTFS, exFAT or HPFS"),
        0x0B or 0x0C => new("FAT32"),
        0x11 or 0x14 or 0x16 or 0x1E => new("hidden FAT12 or FAT16"),
        0x12 => new("configuration or diagnostics"),
        0x17 => new("hidden NTFS, exFAT or HPFS"),
        0x1B or 0x1C => new("hidden FAT32"),
        0x27 => new("Windows recovery"),
        0x39 => new("Plan 9"),
        0x41 => new("PReP boot") { IsReserved = true },
        0x42 => PartitionType.Dynamic("Windows dynamic disk"),
        0x63 => new("Unix System V"),
        0x80 or 0x81 => new("Minix"),
        0x82 => new("Linux swap"),
        0x83 => new("Linux"),
        0x8E => new("Linux LVM"),
        0xA5 => new("FreeBSD"),
        0xA6 => new("OpenBSD"),
        0xA8 => new("Darwin UFS"),
        0xA9 => new("NetBSD"),
        0xAF => new("HFS"),
        0xBE => new("Solaris boot"),
        0xBF => new("Solaris"),
        0xDA => new("data without a file system"),
        0xDE => new("Dell utility"),
        0xEB => new("BeOS"),
        0xEE => new("GPT protective") { IsReserved = true },
        0xEF => new("EFI system"),
        0xFB => new("VMware VMFS"),
        0xFC => new("VMware core dump") { IsReserved = true },
        0xFD => new("Linux RAID"),
        _ => new(string.Create(CultureInfo.InvariantCulture, $"type 0x{type:X2}")),
    };
}
