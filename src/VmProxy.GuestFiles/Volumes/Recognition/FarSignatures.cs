using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>Signatures far inside of a volume, and copies at other places of those that were destroyed; looked at only where nothing is found at the beginning.</summary>
static class FarSignatures
{
    const int ZfsUberblocks = 128 * 1024;
    const long VmfsLvm = 1024 * 1024;

    public static async ValueTask<VolumeContent?> MatchAsync(VolumeProbe probe, CancellationToken cancellationToken) =>
        await UfsAsync(probe, cancellationToken).ConfigureAwait(false)
        ?? await VmfsAsync(probe, cancellationToken).ConfigureAwait(false)
        ?? await LuksCopyAsync(probe, cancellationToken).ConfigureAwait(false)
        ?? await BackupBootSectorAsync(probe, cancellationToken).ConfigureAwait(false)
        ?? await ZfsAsync(probe, cancellationToken).ConfigureAwait(false)
        ?? (LvmLabel.IsDamagedLabel(probe) ? new VolumeContent(VolumeKind.Other, "a physical volume of LVM2 whose label is damaged") : null);

    static async ValueTask<VolumeContent?> UfsAsync(VolumeProbe probe, CancellationToken cancellationToken) =>
        await probe.ReadAsync((256 * 1024) + 1372, 4, cancellationToken).ConfigureAwait(false) is [0x19, 0x01, 0x54, 0x19] or [0x19, 0x54, 0x01, 0x19]
            ? new VolumeContent(VolumeKind.Other, "a UFS2 file system") : null;

    static async ValueTask<VolumeContent?> VmfsAsync(VolumeProbe probe, CancellationToken cancellationToken) =>
        await probe.ReadAsync(VmfsLvm, 4, cancellationToken).ConfigureAwait(false) is [0x0D, 0xD0, 0x01, 0xC0]
            ? new VolumeContent(VolumeKind.Other, "a VMFS datastore") : null;

    /// <summary>The second header of LUKS 2 (LUKS2 On-Disk Format Specification 1.1.1, 2.1): at one of nine places.</summary>
    static async ValueTask<VolumeContent?> LuksCopyAsync(VolumeProbe probe, CancellationToken cancellationToken)
    {
        for (long at = 16 * 1024; at <= 4 * 1024 * 1024; at *= 2)
        {
            if (await probe.ReadAsync(at, 8, cancellationToken).ConfigureAwait(false) is [(byte)'S', (byte)'K', (byte)'U', (byte)'L', 0xBA, 0xBE, 0, 2])
            {
                return new VolumeContent(VolumeKind.Encrypted, "a LUKS 2 volume whose first header is destroyed");
            }
        }

        return null;
    }

    /// <summary>NTFS keeps one in the last sector, exFAT from the twelfth, FAT32 in the sixth.</summary>
    static async ValueTask<VolumeContent?> BackupBootSectorAsync(VolumeProbe probe, CancellationToken cancellationToken)
    {
        foreach (var sector in new[] { 512, 1024, 2048, 4096 })
        {
            var fat = probe.Head(6 * sector, 512);
            if (fat[510] == 0x55 && fat[511] == 0xAA && fat.Slice(82, 8).SequenceEqual("FAT32   "u8) && HeaderSignatures.IsFat(fat))
            {
                return new VolumeContent(VolumeKind.Fat, "a FAT file system whose boot sector is destroyed");
            }

            if (probe.Has((12 * sector) + 3, "EXFAT   "u8))
            {
                return new VolumeContent(VolumeKind.ExFat, "an exFAT file system whose boot sector is destroyed");
            }

            // The copy of a file system that had the whole disk lies at the end of the last partition, too: its count of sectors tells.
            if (await probe.ReadAsync(probe.Length - sector, 48, cancellationToken).ConfigureAwait(false) is { } last && last.AsSpan(3, 8).SequenceEqual("NTFS    "u8)
                && BinaryPrimitives.ReadInt64LittleEndian(last.AsSpan(40)) == (probe.Length / sector) - 1)
            {
                return new VolumeContent(VolumeKind.Ntfs, "an NTFS file system whose boot sector is destroyed");
            }
        }

        return null;
    }

    /// <summary>
    /// The first label of ZFS has a ring of uberblocks from 128 KiB, each a multiple of 1 KiB. It comes last, and labels at the end are not looked at, since other file systems leave them where they are.
    /// </summary>
    static async ValueTask<VolumeContent?> ZfsAsync(VolumeProbe probe, CancellationToken cancellationToken)
    {
        const ulong Magic = 0x00BAB10C;
        if (await probe.ReadAsync(ZfsUberblocks, ZfsUberblocks, cancellationToken).ConfigureAwait(false) is not { } ring)
        {
            return null;
        }

        for (var at = 0; at < ring.Length; at += 1024)
        {
            var magic = BinaryPrimitives.ReadUInt64LittleEndian(ring.AsSpan(at));
            if (magic == Magic || BinaryPrimitives.ReverseEndianness(magic) == Magic)
            {
                return new VolumeContent(VolumeKind.Other, "a ZFS pool member");
            }
        }

        return null;
    }
}
