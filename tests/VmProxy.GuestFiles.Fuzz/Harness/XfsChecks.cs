using System.Buffers.Binary;

namespace VmProxy.GuestFiles.Fuzz.Harness;

/// <summary>
/// Makes the checks of an XFS of version 5 right after the fuzzer has changed it. Structures are known by their magic numbers; where their check lies is in the kernel's
/// xfs_format.h and xfs_da_format.h.
/// </summary>
static class XfsChecks
{
    const int Page = 4096;
    const int Sector = SectorFile.SectorSize;
    const int InodeCheck = 100;

    // Magic number, offset of the check, and whether it covers a sector; otherwise it covers a block.
    static readonly (uint Magic, int Check, bool IsSector)[] ByFirstWord =
    [
        (0x5846_5342, 224, true), // XFSB
        (0x5841_4746, 216, true), // XAGF
        (0x5841_4749, 312, true), // XAGI
        (0x5841_464C, 32, true), // XAFL
        (0x4142_3342, 52, false), // AB3B
        (0x4142_3343, 52, false), // AB3C
        (0x4941_4233, 52, false), // IAB3
        (0x4649_4233, 52, false), // FIB3
        (0x424D_4133, 64, false), // BMA3
        (0x5844_4233, 4, false), // XDB3
        (0x5844_4433, 4, false), // XDD3
        (0x5844_4633, 4, false), // XDF3
        (0x5853_4C4D, 12, false), // XSLM
        (0x5841_524D, 12, false), // XARM
    ];

    static readonly ushort[] DirectoryNodes = [0x3EBE, 0x3DF1, 0x3DFF, 0x3BEE];

    public static void Repair(SectorDisk disk)
    {
        if (disk.Length < Page || disk.Read(100, 2)[1] % 16 != 5)
        {
            return;
        }

        var inodeSize = BinaryPrimitives.ReadUInt16BigEndian(disk.Read(104, 2));
        var blockSize = (int)Math.Clamp(BinaryPrimitives.ReadUInt32BigEndian(disk.Read(4, 4)), Sector, Page);
        foreach (var at in disk.Pages.Order().Where(at => at <= disk.Length - Page).ToList())
        {
            var page = disk.Read(at, Page);
            for (var start = 0; start < Page; start += Sector)
            {
                RepairAt(page.AsSpan(start), inodeSize, blockSize);
            }

            disk.Write(at, page);
        }
    }

    static void RepairAt(Span<byte> bytes, int inodeSize, int blockSize)
    {
        var magic = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (bytes[0] == 'I' && bytes[1] == 'N' && inodeSize >= Sector / 2 && inodeSize <= bytes.Length)
        {
            XfsChecksum.Write(bytes[..inodeSize], InodeCheck);
        }
        else if (Array.Find(ByFirstWord, entry => entry.Magic == magic) is { Check: > 0 } known && (known.IsSector || blockSize <= bytes.Length))
        {
            XfsChecksum.Write(bytes[..(known.IsSector ? Sector : blockSize)], known.Check);
        }
        else if (blockSize <= bytes.Length && DirectoryNodes.Contains(BinaryPrimitives.ReadUInt16BigEndian(bytes[8..])))
        {
            XfsChecksum.Write(bytes[..blockSize], 12);
        }
    }
}
