using System.Buffers.Binary;
using System.Text;

namespace VmProxy.GuestFiles;

/// <summary>A partition table of GPT (UEFI specification 2.10, chapter 5). Where the first copy is damaged the second is used. Sectors can have 512 or 4,096 bytes, whatever the device says now.</summary>
static class GptTable
{
    static readonly int[] SectorSizes = [512, 4096];

    /// <summary>Reads it, or gives null where neither copy can be used.</summary>
    public static async ValueTask<PartitionTable?> ReadAsync(GuestReader reader, string disk, CancellationToken cancellationToken)
    {
        var problems = new List<GuestProblem>();
        (GptHeader Header, byte[] Entries)? doubtful = null;
        foreach (var (sectorSize, sector) in await PlacesAsync(reader, cancellationToken).ConfigureAwait(false))
        {
            var header = await GptHeader.ReadAsync(reader, sectorSize, sector, null, cancellationToken).ConfigureAwait(false);
            if (header is not null && await header.ReadEntriesAsync(reader, cancellationToken).ConfigureAwait(false) is { } entries)
            {
                if (entries.IsSound)
                {
                    if (sector != 1)
                    {
                        problems.Add(new GuestProblem(
                            GuestFileErrorCodes.CopyUsed, disk, $"The first partition table of {disk} is damaged: the copy at sector {sector} was used.") { IsWarning = true });
                    }

                    return Table(disk, header, entries.Bytes, problems);
                }

                doubtful ??= (header, entries.Bytes);
            }
        }

        if (doubtful is not { } found)
        {
            return null;
        }

        problems.Add(GuestFileException.Damaged(disk, $"The entries of the partition table of {disk} do not match their check, in neither copy: they are taken as they are.").ToProblem());
        return Table(disk, found.Header, found.Entries, problems);
    }

    /// <summary>Where a header can lie: at the second sector, where a damaged first header says that the other is, and at the disk's end.</summary>
    static async ValueTask<IReadOnlyList<(int SectorSize, long Sector)>> PlacesAsync(GuestReader reader, CancellationToken cancellationToken)
    {
        var places = new List<(int, long)>();
        var copies = new List<(int, long)>();
        foreach (var sectorSize in SectorSizes)
        {
            places.Add((sectorSize, 1));
            var header = await GptHeader.ReadAsync(reader, sectorSize, 1, sector => copies.Add((sectorSize, sector)), cancellationToken).ConfigureAwait(false);
            copies.Add((sectorSize, header?.Alternate ?? (reader.Device.Length / sectorSize) - 1));
            copies.Add((sectorSize, (reader.Device.Length / sectorSize) - 1));
        }

        return [.. places, .. copies.Distinct()];
    }

    static PartitionTable Table(string disk, GptHeader header, byte[] entries, List<GuestProblem> problems)
    {
        var partitions = new List<PartitionEntry>();
        var size = (int)header.EntrySize;
        for (var index = 0; index <= (entries.Length / size) - 1; index++)
        {
            var entry = entries.AsSpan(index * size, size);
            var type = new Guid(entry[..16]);
            if (type == Guid.Empty)
            {
                continue;
            }

            var (first, last) = (BinaryPrimitives.ReadInt64LittleEndian(entry[32..]), BinaryPrimitives.ReadInt64LittleEndian(entry[40..]));
            if (first < 1 || last < first || last > (long.MaxValue / header.SectorSize) - 1)
            {
                problems.Add(GuestFileException.Damaged(disk, $"Partition {index + 1} of {disk} would be from sector {first} to {last}: it is left out.").ToProblem());
                continue;
            }

            if (partitions.Count == PartitionTable.MaxEntries)
            {
                problems.Add(GuestFileException.Damaged(disk, $"The partition table of {disk} has more than {PartitionTable.MaxEntries} partitions: the rest is left out.").ToProblem());
                break;
            }

            partitions.Add(new PartitionEntry(index + 1, first * header.SectorSize, (last - first + 1) * header.SectorSize, GptTypes.Get(type))
            {
                Label = Name(entry.Slice(56, 72)),
                IsBootable = (entry[48] & 4) != 0,
            });
        }

        return new PartitionTable(partitions, problems);
    }

    static string? Name(ReadOnlySpan<byte> units)
    {
        var text = Encoding.Unicode.GetString(units);
        var end = text.IndexOf('\0', StringComparison.Ordinal);
        return end == 0 ? null : end < 0 ? text : text[..end];
    }
}
