using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>One of the four entries of a master or extended boot record.</summary>
readonly record struct MbrEntry(int Slot, byte Type, bool IsActive, uint Start, uint Count)
{
    /// <summary>Sectors, in units of the table.</summary>
    public bool IsUsed => Type != 0 && Count != 0;
}

/// <summary>A partition table of MBR.</summary>
static class MbrTable
{
    /// <summary>
    /// The entries in use of a master boot record, or null where the sector is none: boot sectors of file systems end with the same two bytes, and have code or text where the
    /// table would be. A partition that begins with the table itself is one that mkfs pretends; beside others it is damage.
    /// </summary>
    public static IReadOnlyList<MbrEntry>? Parse(ReadOnlySpan<byte> sector)
    {
        var used = Entries(sector).Where(entry => entry.IsUsed).ToList();
        return HasMark(sector) && HasKnownStates(sector) && used.Exists(entry => entry.Start > 0) ? used : null;
    }

    /// <summary>Whether the sector ends as boot records do.</summary>
    public static bool HasMark(ReadOnlySpan<byte> sector) => sector[510] == 0x55 && sector[511] == 0xAA;

    /// <summary>The four entries, used or not.</summary>
    public static MbrEntry[] Entries(ReadOnlySpan<byte> sector)
    {
        var entries = new MbrEntry[4];
        for (var slot = 0; slot < 4; slot++)
        {
            var entry = sector.Slice(446 + (16 * slot), 16);
            entries[slot] = new MbrEntry(
                slot, entry[4], (entry[0] & 0x80) != 0, BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]));
        }

        return entries;
    }

    /// <summary>The partitions, with those that lie in extended ones.</summary>
    public static async ValueTask<PartitionTable> ReadAsync(
        GuestReader reader, string disk, IReadOnlyList<MbrEntry> entries, int sectorSize, CancellationToken cancellationToken)
    {
        var problems = entries.Where(entry => entry.Start == 0)
            .Select(entry => GuestFileException.Damaged(disk, $"Entry {entry.Slot + 1} of the partition table of {disk} would begin with the table itself; it is left out.").ToProblem())
            .ToList();
        entries = [.. entries.Where(entry => entry.Start > 0)];
        var partitions = entries
            .Where(entry => !MbrTypes.IsExtended(entry.Type) && entry.Type != MbrTypes.Protective)
            .Select(entry => Partition(entry.Slot + 1, entry, 0, sectorSize))
            .ToList();
        var extended = new ExtendedPartitions(reader, disk, sectorSize, problems);
        foreach (var entry in entries.Where(entry => MbrTypes.IsExtended(entry.Type)))
        {
            await extended.ReadAsync(entry, cancellationToken).ConfigureAwait(false);
        }

        return new PartitionTable([.. partitions, .. extended.Partitions], problems);
    }

    /// <summary>An entry in bytes.</summary>
    /// <param name="number">The partition's number.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="origin">The sector from which its start counts.</param>
    /// <param name="sectorSize">Bytes of a sector.</param>
    public static PartitionEntry Partition(int number, MbrEntry entry, long origin, int sectorSize) =>
        new(number, (origin + entry.Start) * sectorSize, (long)entry.Count * sectorSize, MbrTypes.Get(entry.Type)) { IsBootable = entry.IsActive };

    static bool HasKnownStates(ReadOnlySpan<byte> sector)
    {
        for (var at = 446; at < 510; at += 16)
        {
            if ((sector[at] & 0x7F) != 0)
            {
                return false;
            }
        }

        return true;
    }
}
