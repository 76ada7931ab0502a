using System.Buffers.Binary;

namespace VmProxy.GuestFiles.Fuzz.Harness;

/// <summary>Makes the checks of tables right after the fuzzer has changed them, so that what lies behind them is reached.</summary>
static class Checks
{
    const int Sector = SectorFile.SectorSize;
    const int MaxCovered = 1024 * 1024;

    /// <summary>GPT: of both headers and of the entries that they point to.</summary>
    public static void RepairPartitions(SectorDisk disk)
    {
        foreach (var at in new[] { Sector, disk.Length - Sector })
        {
            if (at < Sector || at > disk.Length - Sector || disk.Read(at, Sector) is not { } header || !header.AsSpan(0, 8).SequenceEqual("EFI PART"u8))
            {
                continue;
            }

            var entries = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(72));
            var length = (ulong)BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(80)) * BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(84));
            if (length <= MaxCovered && entries < (ulong)disk.Length / Sector && length <= (ulong)disk.Length - (entries * Sector))
            {
                BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(88), Crc32.Of(disk.Read((long)entries * Sector, (int)length)));
            }

            header.AsSpan(16, 4).Clear();
            var covered = (int)Math.Min(Sector, BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12)));
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), Crc32.Of(header.AsSpan(0, covered)));
            disk.Write(at, header);
        }
    }

    /// <summary>LVM2: of the label, and of the metadata area at its usual place with the text that it points to.</summary>
    public static void RepairLvm(SectorDisk disk)
    {
        const int Area = 4096;
        const int AreaSize = 64 * 1024;
        if (disk.Length < Area + AreaSize)
        {
            return;
        }

        var label = disk.Read(Sector, Sector);
        BinaryPrimitives.WriteUInt32LittleEndian(label.AsSpan(16), LvmLabel.Check(label.AsSpan(20)));
        disk.Write(Sector, label);
        var area = disk.Read(Area, AreaSize);
        var (at, length) = (BinaryPrimitives.ReadInt64LittleEndian(area.AsSpan(40)), BinaryPrimitives.ReadInt64LittleEndian(area.AsSpan(48)));
        if (at is > 0 and < AreaSize && length > 0 && length <= AreaSize - at)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(area.AsSpan(56), LvmLabel.Check(area.AsSpan((int)at, (int)length)));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(area, LvmLabel.Check(area.AsSpan(4, 508)));
        disk.Write(Area, area.AsSpan(0, Sector));
    }
}
