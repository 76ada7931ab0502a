using System.Buffers.Binary;
using System.Text;

namespace VmProxy.GuestFiles;

/// <summary>
/// The label and header of a physical volume of LVM2: one of its first four sectors, with the places of its data and of its metadata (LVM2's lib/format_text/layout.h and
/// lib/label/label.h).
/// </summary>
/// <param name="Uuid">The volume's identity, 32 characters without dashes.</param>
/// <param name="MetadataAreas">Where metadata lies, in bytes.</param>
sealed record LvmLabel(string Uuid, IReadOnlyList<(long Offset, long Size)> MetadataAreas)
{
    const int SectorSize = 512;
    const int Sectors = 4;
    const int CheckedFrom = 20;
    const int UuidLength = 32;

    /// <summary>LVM2's checks begin with this, and nothing is inverted at the end.</summary>
    const uint CheckStart = 0xF597A6CF;

    /// <summary>LVM2's check of a stretch, or of one that goes on.</summary>
    public static uint Check(ReadOnlySpan<byte> bytes, uint start = CheckStart) => Crc32.Continue(start, bytes);

    /// <summary>Whether one of the first four sectors is a sound label.</summary>
    public static bool IsLabelled(VolumeProbe probe) => Find(probe.Head(0, Sectors * SectorSize)) >= 0;

    /// <summary>Whether one of the first four sectors begins as a label does, sound or not.</summary>
    public static bool IsDamagedLabel(VolumeProbe probe) =>
        Enumerable.Range(0, Sectors).Any(sector => probe.Has(sector * SectorSize, "LABELONE"u8) && probe.Has((sector * SectorSize) + 24, "LVM2 001"u8));

    /// <summary>Reads the label of a volume on which there is one.</summary>
    /// <exception cref="GuestFileException">There is none, or it is damaged.</exception>
    public static async ValueTask<LvmLabel> ReadAsync(GuestReader reader, string name, CancellationToken cancellationToken)
    {
        var head = await reader.ReadAsync(0, Sectors * SectorSize, $"label of {name}", cancellationToken).ConfigureAwait(false);
        var at = Find(head);
        return at < 0
            ? throw GuestFileException.Damaged(name, $"The physical volume {name} has no sound label of LVM2.")
            : Parse(head.AsSpan(at, SectorSize), name);
    }

    static int Find(ReadOnlySpan<byte> head)
    {
        for (var sector = 0; sector < Sectors; sector++)
        {
            var label = head.Slice(sector * SectorSize, SectorSize);
            if (label.StartsWith("LABELONE"u8) && label.Slice(24, 8).SequenceEqual("LVM2 001"u8)
                && BinaryPrimitives.ReadInt64LittleEndian(label[8..]) == sector
                && BinaryPrimitives.ReadUInt32LittleEndian(label[16..]) == Check(label[CheckedFrom..]))
            {
                return sector * SectorSize;
            }
        }

        return -1;
    }

    /// <summary>Two lists of areas, each ended by an empty one: data, then metadata.</summary>
    static LvmLabel Parse(ReadOnlySpan<byte> label, string name)
    {
        var header = BinaryPrimitives.ReadUInt32LittleEndian(label[20..]);
        if (header < UuidLength || header > SectorSize - UuidLength - 8)
        {
            throw GuestFileException.Damaged(name, $"The header of the physical volume {name} would lie at byte {header} of its label.");
        }

        var uuid = Encoding.ASCII.GetString(label.Slice((int)header, UuidLength));
        var areas = label[((int)header + UuidLength + 8)..];
        Skip(ref areas);
        var metadata = new List<(long, long)>();
        while (Next(ref areas) is { } area)
        {
            metadata.Add(area);
        }

        return new LvmLabel(uuid, metadata);
    }

    static void Skip(ref ReadOnlySpan<byte> areas)
    {
        while (Next(ref areas) is not null)
        {
        }
    }

    static (long Offset, long Size)? Next(ref ReadOnlySpan<byte> areas)
    {
        if (areas.Length < 16)
        {
            return null;
        }

        var area = (BinaryPrimitives.ReadInt64LittleEndian(areas), BinaryPrimitives.ReadInt64LittleEndian(areas[8..]));
        areas = areas[16..];
        return area.Item1 == 0 ? null : area;
    }
}
