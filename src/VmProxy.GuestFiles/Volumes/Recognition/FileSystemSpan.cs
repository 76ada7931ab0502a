using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>How many bytes the file system at the beginning of a volume says that it has.</summary>
static class FileSystemSpan
{
    /// <summary>Bytes, or 0 where that is not known.</summary>
    public static long Of(VolumeProbe probe, VolumeKind kind)
    {
        var (count, unit) = kind switch
        {
            VolumeKind.Ext => (probe.U32(1024 + 4) + (Has64Bit(probe) ? (ulong)probe.U32(1024 + 336) << 32 : 0), 1024UL << (int)Math.Min(6, probe.U32(1024 + 24))),
            VolumeKind.Xfs => (BinaryPrimitives.ReverseEndianness(probe.U64(8)), probe.BigU32(4)),
            VolumeKind.Ntfs => (probe.U64(40), probe.U16(11)),
            VolumeKind.Fat => (probe.U16(19) != 0 ? probe.U16(19) : probe.U32(32), probe.U16(11)),
            VolumeKind.ExFat => (probe.U64(72), 1UL << Math.Min(12, (int)probe.Head(108, 1)[0])),
            _ => (0UL, 0UL),
        };
        var bytes = (UInt128)count * unit;
        return bytes > long.MaxValue ? 0 : (long)bytes;
    }

    static bool Has64Bit(VolumeProbe probe) => (probe.U32(1024 + 96) & 0x80) != 0;
}
