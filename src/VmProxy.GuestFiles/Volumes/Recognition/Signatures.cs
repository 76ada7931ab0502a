namespace VmProxy.GuestFiles;

/// <summary>
/// Tells what a volume holds. Signatures lie at different places, and what was there before often leaves some behind; so the order matters: first what lies at the very
/// beginning, which nothing can be put over without destroying it, last what lies far inside or at the end. Where signatures lie is taken from the documentation of each format and
/// from what blkid knows.
/// </summary>
static class Signatures
{
    static readonly Signature[] AtBeginning =
    [
        new(0, [(byte)'L', (byte)'U', (byte)'K', (byte)'S', 0xBA, 0xBE, 0, 1], VolumeKind.Encrypted, "a LUKS 1 volume"),
        new(0, [(byte)'L', (byte)'U', (byte)'K', (byte)'S', 0xBA, 0xBE, 0, 2], VolumeKind.Encrypted, "a LUKS 2 volume"),
        new(3, "-FVE-FS-"u8.ToArray(), VolumeKind.Encrypted, "a BitLocker volume"),
        new(424, BitLockerToGo, VolumeKind.Encrypted, "a BitLocker To Go volume"),
        new(160, BitLockerUsedSpace, VolumeKind.Encrypted, "a BitLocker volume"),
        new(0, "integrt\0"u8, "a volume of dm-integrity"),
        new(0, "dmvdo001"u8, "a VDO volume"),
        new(0, "bluestore block device\n"u8, "a Ceph BlueStore device"),
        new(516, [0x21, 0x53, 0x74, 0x72, 0x61, 0x30, 0x74, 0x69, 0x73, 0x86, 0xFF, 0x02, 0x5E, 0x41, 0x72, 0x68], VolumeKind.Other, "a Stratis pool member"),
        new(32, "ORCLDISK"u8, "an Oracle ASM disk"),
        new(4096 + 24, [0xC6, 0x85, 0x73, 0xF6, 0x4E, 0x1A, 0x45, 0xCA, 0x82, 0x65, 0xF5, 0x7F, 0x48, 0xBA, 0x6D, 0x81], VolumeKind.Other, "a bcache device"),
        new(4096 + 24, [0xC6, 0x85, 0x73, 0xF6, 0x66, 0xCE, 0x90, 0xA9, 0xD9, 0x6A, 0x60, 0xCF, 0x80, 0x3D, 0xF7, 0xEF], VolumeKind.Other, "a bcachefs file system"),
        new(0, "XFSB"u8.ToArray(), VolumeKind.Xfs, "an XFS file system"),
        new(3, "NTFS    "u8.ToArray(), VolumeKind.Ntfs, "an NTFS file system"),
        new(3, "EXFAT   "u8.ToArray(), VolumeKind.ExFat, "an exFAT file system"),
        new(3, "ReFS\0\0\0\0"u8, "a ReFS file system"),
        new(32, "NXSB"u8, "an APFS container"),
        new(0, "hsqs"u8, "a squashfs file system"),
        new(0, "sqsh"u8, "a squashfs file system"),
        new(0, [0x45, 0x3D, 0xCD, 0x28], VolumeKind.Other, "a cramfs file system"),
        new(0, "-rom1fs-"u8, "a romfs file system"),
        new(1024, [0xE2, 0xE1, 0xF5, 0xE0], VolumeKind.Other, "an EROFS file system"),
        new(1024, [0x10, 0x20, 0xF5, 0xF2], VolumeKind.Other, "an F2FS file system"),
        new(1024, [0xF5, 0xFC, 0x01, 0xA5], VolumeKind.Other, "a VxFS file system"),
        new(1024, "H+\0\x04"u8, "an HFS+ file system"),
        new(1024, "HX\0\x05"u8, "an HFS+ file system"),
        new(1024, "OCFSV2"u8, "an OCFS2 file system"),
        new(2048, "OCFSV2"u8, "an OCFS2 file system"),
        new(4096, "OCFSV2"u8, "an OCFS2 file system"),
        new(8192, "OCFSV2"u8, "an OCFS2 file system"),
    ];

    static readonly Signature[] Inside =
    [
        new(32768, "JFS1"u8, "a JFS file system"),
        new(65536 + 64, "_BHRfS_M"u8, "a Btrfs file system"),
        new(65536 + 52, "ReIsErFs"u8, "a ReiserFS file system"),
        new(65536 + 52, "ReIsEr2Fs"u8, "a ReiserFS file system"),
        new(65536 + 52, "ReIsEr3Fs"u8, "a ReiserFS file system"),
        new(65536, "ReIsEr4"u8, "a Reiser4 file system"),
        new(65536, [0x01, 0x16, 0x19, 0x70, 0, 0, 0, 1], VolumeKind.Other, "a GFS2 file system"),
        new(8192 + 1372, [0x54, 0x19, 0x01, 0x00], VolumeKind.Other, "a UFS file system"),
        new(8192 + 1372, [0x00, 0x01, 0x19, 0x54], VolumeKind.Other, "a UFS file system"),
        new(65536 + 1372, [0x19, 0x01, 0x54, 0x19], VolumeKind.Other, "a UFS2 file system"),
        new(65536 + 1372, [0x19, 0x54, 0x01, 0x19], VolumeKind.Other, "a UFS2 file system"),
        new(32769, "CD001"u8, "an ISO 9660 file system"),
        new(32769, "BEA01"u8, "a UDF file system"),
    ];

    static ReadOnlySpan<byte> BitLockerToGoBytes => [0x3B, 0xD6, 0x67, 0x49, 0x29, 0x2E, 0xD8, 0x4A, 0x83, 0x99, 0xF6, 0xA3, 0x39, 0xE3, 0xD0, 0x01];

    static byte[] BitLockerToGo => BitLockerToGoBytes.ToArray();

    static byte[] BitLockerUsedSpace => [0x3B, 0x4D, 0xA8, 0x92, 0x80, 0xDD, 0x0E, 0x4D, 0x9E, 0x4E, 0xB1, 0xE3, 0x28, 0x4E, 0xAE, 0xD8];

    /// <summary>What the volume holds.</summary>
    public static async ValueTask<VolumeContent> RecognizeAsync(VolumeProbe probe, CancellationToken cancellationToken)
    {
        var atBeginning = LvmLabel.IsLabelled(probe) ? new VolumeContent(VolumeKind.Lvm, "a physical volume of LVM2")
            : AtBeginning.Select(signature => signature.Match(probe)).FirstOrDefault(content => content is not null)
                ?? HeaderSignatures.Match(probe);
        return await RaidSignatures.MatchAsync(probe, atBeginning, cancellationToken).ConfigureAwait(false)
            ?? atBeginning
            ?? Inside.Select(signature => signature.Match(probe)).FirstOrDefault(content => content is not null)
            ?? await FarSignatures.MatchAsync(probe, cancellationToken).ConfigureAwait(false)
            ?? VolumeContent.Nothing;
    }
}
