namespace VmProxy.GuestFiles;

/// <summary>Which partitions of a table lie where none can: beyond the disk, or over each other.</summary>
sealed class PartitionPlaces
{
    readonly long _diskLength;
    readonly Dictionary<int, int> _overlaps = [];

    public PartitionPlaces(long diskLength, IReadOnlyList<PartitionEntry> entries)
    {
        _diskLength = diskLength;
        PartitionEntry? furthest = null;
        foreach (var entry in entries.OrderBy(entry => entry.Offset))
        {
            if (furthest is not null && entry.Offset < furthest.End)
            {
                _overlaps.TryAdd(entry.Number, furthest.Number);
                _overlaps.TryAdd(furthest.Number, entry.Number);
            }

            furthest = furthest is null || entry.End > furthest.End ? entry : furthest;
        }
    }

    /// <summary>What is wrong with a partition's place, or null. What lies on the disk in part, or over another, can still be read, as far as it goes.</summary>
    public GuestProblem? ProblemOf(PartitionEntry entry, string name) =>
        entry.Offset >= _diskLength
            ? GuestFileException.Damaged(name, $"The partition {name} would begin at byte {entry.Offset}, behind the end of the disk of {_diskLength} bytes.").ToProblem()
        : entry.End > _diskLength
            ? Warning(name, $"The partition {name} would end at byte {entry.End}, behind the end of the disk of {_diskLength} bytes: only what is there can be read.")
        : _overlaps.TryGetValue(entry.Number, out var other)
            ? Warning(name, $"The partition {name} lies in part where partition {other} lies: one of them is not what the table says.")
        : null;

    static GuestProblem Warning(string name, string message) => new(GuestFileErrorCodes.Damaged, name, message) { IsWarning = true };
}
