using System.Numerics;

namespace VmProxy.GuestFiles;

/// <summary>Headers at the beginning whose magic number is too short to tell by itself, so that more of the header is looked at.</summary>
static class HeaderSignatures
{
    const int Super = 1024;

    public static VolumeContent? Match(VolumeProbe probe) => Ext(probe) ?? Swap(probe) ?? Nilfs(probe) ?? Minix(probe) ?? Hfs(probe)
        ?? (IsFat(probe.Head(0, 512)) ? new VolumeContent(VolumeKind.Fat, "a FAT file system") : null);

    /// <summary>Whether a boot sector can be that of FAT: its parameters make sense together (Microsoft's FAT specification 1.03).</summary>
    public static bool IsFat(ReadOnlySpan<byte> boot)
    {
        var sector = boot[11] | (boot[12] << 8);
        var reserved = boot[14] | (boot[15] << 8);
        var rootEntries = boot[17] | (boot[18] << 8);
        var smallTotal = boot[19] | (boot[20] << 8);
        var smallFat = boot[22] | (boot[23] << 8);
        var total = smallTotal != 0 ? (uint)smallTotal : BitConverter.ToUInt32(boot[32..]);
        var fat = smallFat != 0 ? (uint)smallFat : BitConverter.ToUInt32(boot[36..]);
        return boot[0] is 0xEB or 0xE9
            && sector is 512 or 1024 or 2048 or 4096
            && boot[13] != 0 && BitOperations.IsPow2(boot[13])
            && reserved != 0
            && boot[16] is >= 1 and <= 4
            && boot[21] is 0xF0 or >= 0xF8
            && fat != 0
            && (smallFat == 0) == (rootEntries == 0)
            && total > (ulong)reserved + ((ulong)boot[16] * fat) + ((ulong)rootEntries * 32 / (ulong)sector);
    }

    static VolumeContent? Ext(VolumeProbe probe)
    {
        const uint HasJournal = 4, ExtentsAndMore = 0x2C0, JournalDevice = 8;
        if (probe.U16(Super + 56) != 0xEF53 || probe.U32(Super + 24) > 6 || probe.U32(Super + 4) == 0 && probe.U32(Super + 336) == 0 || probe.U32(Super + 32) == 0)
        {
            return null;
        }

        var incompatible = probe.U32(Super + 96);
        return (incompatible & JournalDevice) != 0
            ? new VolumeContent(VolumeKind.Other, "a journal of an ext file system that lies elsewhere")
            : new VolumeContent(VolumeKind.Ext, (incompatible & ExtentsAndMore) != 0 ? "an ext4 file system"
                : (probe.U32(Super + 92) & HasJournal) != 0 ? "an ext3 file system" : "an ext2 file system");
    }

    /// <summary>The signature is at the end of the first page, whose size is the guest's.</summary>
    static VolumeContent? Swap(VolumeProbe probe)
    {
        for (var page = 4096; page <= 65536; page *= 2)
        {
            var magic = probe.Head(page - 10, 10);
            if (magic.SequenceEqual("SWAPSPACE2"u8) || magic.SequenceEqual("SWAP-SPACE"u8))
            {
                return new VolumeContent(VolumeKind.Swap, "Linux swap space");
            }

            if (magic.StartsWith("S1SUSPEND"u8) || magic.StartsWith("S2SUSPEND"u8) || magic.StartsWith("ULSUSPEND"u8) || magic.SequenceEqual("LINHIB0001"u8))
            {
                return new VolumeContent(VolumeKind.Swap, "Linux swap space with a hibernated system");
            }
        }

        return null;
    }

    static VolumeContent? Nilfs(VolumeProbe probe) =>
        probe.U16(Super + 6) == 0x3434 && probe.U32(Super) == 2 && probe.U16(Super + 8) is >= 64 and <= 1024
            ? new VolumeContent(VolumeKind.Other, "a NILFS2 file system") : null;

    /// <summary>Versions 1 to 3: the maps of inodes and zones must fit before the first zone of data.</summary>
    static VolumeContent? Minix(VolumeProbe probe)
    {
        var isOld = probe.U16(Super + 16) is 0x137F or 0x138F or 0x2468 or 0x2478
            && probe.U16(Super) > 0 && IsMinixLayout(probe.U16(Super + 4), probe.U16(Super + 6), probe.U16(Super + 8), probe.U16(Super + 10));
        var isNew = probe.U16(Super + 24) == 0x4D5A
            && probe.U32(Super) > 0 && IsMinixLayout(probe.U16(Super + 6), probe.U16(Super + 8), probe.U16(Super + 10), probe.U16(Super + 12));
        return isOld || isNew ? new VolumeContent(VolumeKind.Other, "a Minix file system") : null;
    }

    static bool IsMinixLayout(int inodeMap, int zoneMap, int firstData, int zoneShift) =>
        inodeMap > 0 && zoneMap > 0 && firstData > inodeMap + zoneMap + 2 && zoneShift <= 8;

    /// <summary>The first HFS: signature, then the size of an allocation block, a multiple of 512.</summary>
    static VolumeContent? Hfs(VolumeProbe probe)
    {
        var block = probe.BigU32(Super + 20);
        return probe.Has(Super, "BD"u8) && block != 0 && block % 512 == 0 ? new VolumeContent(VolumeKind.Other, "an HFS file system") : null;
    }
}
