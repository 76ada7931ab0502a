using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// Members of mirrors and arrays. Some keep their description at the end of the volume, so that the file system of the array is seen at the beginning; a volume that left the array
/// keeps it as well. Such a description is a leftover when the file system reaches over it.
/// </summary>
static class RaidSignatures
{
    const uint Magic = 0xA92B4EFC;
    const int OldReserved = 64 * 1024;

    public static async ValueTask<VolumeContent?> MatchAsync(VolumeProbe probe, VolumeContent? atBeginning, CancellationToken cancellationToken)
    {
        // Version 1.1 lies at the beginning, 1.2 4 KiB behind it (Documentation/admin-guide/md.rst).
        if (probe.U32(0) == Magic && IsVersion1(probe.Head(0, 256), 0))
        {
            return Member("1.1");
        }

        if (probe.U32(4096) == Magic && IsVersion1(probe.Head(4096, 256), 8))
        {
            return Member("1.2");
        }

        var spanned = atBeginning is null ? 0 : FileSystemSpan.Of(probe, atBeginning.Kind);
        var (at10, at090, atDrbd) = (((probe.Length / 512) - 16) / 8 * 8 * 512, (probe.Length / OldReserved * OldReserved) - OldReserved, probe.Length - 4096);
        if (spanned <= at10 && await probe.ReadAsync(at10, 256, cancellationToken).ConfigureAwait(false) is { } new10
            && U32(new10, 0) == Magic && IsVersion1(new10, at10 / 512))
        {
            return Member("1.0");
        }

        if (spanned <= at090 && await probe.ReadAsync(at090, 64, cancellationToken).ConfigureAwait(false) is { } old && IsVersion090(old))
        {
            return Member("0.90");
        }

        // DRBD's "internal" metadata, versions 8 and 9 (drbd_meta_data.h): a big-endian number behind the flags of the superblock in the last 4 KiB.
        return spanned <= atDrbd && await probe.ReadAsync(atDrbd, 64, cancellationToken).ConfigureAwait(false) is { } drbd
            && BinaryPrimitives.ReadUInt32BigEndian(drbd.AsSpan(60)) is 0x8374026B or 0x8374026C or 0x8374026D
            ? new VolumeContent(VolumeKind.Other, "a DRBD mirror") : null;
    }

    static VolumeContent Member(string version) => new(VolumeKind.Other, $"a member of a Linux software RAID (metadata {version})");

    static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    /// <summary>Major version 1, and the place in sectors at which it says that it lies.</summary>
    static bool IsVersion1(ReadOnlySpan<byte> super, long sector) => U32(super, 4) == 1 && BinaryPrimitives.ReadInt64LittleEndian(super[144..]) == sector;

    /// <summary>Either byte order: it is that of the guest.</summary>
    static bool IsVersion090(byte[] super) =>
        (U32(super, 0) == Magic && U32(super, 4) == 0 && U32(super, 8) is >= 90 and < 100)
        || (BinaryPrimitives.ReadUInt32BigEndian(super) == Magic && U32(super, 4) == 0 && BinaryPrimitives.ReadUInt32BigEndian(super.AsSpan(8)) is >= 90 and < 100);
}
