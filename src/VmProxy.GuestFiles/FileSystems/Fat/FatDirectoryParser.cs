using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// Makes entries of a directory's slots of 32 bytes. A long name lies in slots before the one of its short name, the last part first, each with a number and the sum over the short
/// name; parts that do not fit to the slot that follows are leftovers of programs that know no long names, and are passed over.
/// </summary>
sealed class FatDirectoryParser(FatVolume volume) : IDirectoryParser
{
    const int UnitsPerPart = 13;
    const int MaxParts = 20;
    const byte Deleted = 0xE5;
    const byte LongNameAttributes = 0x0F;
    const byte LabelAttribute = 0x08;
    const byte DirectoryAttribute = 0x10;

    readonly char[] _units = new char[UnitsPerPart * MaxParts];
    int _parts;
    int _missing;
    byte _sum;

    /// <inheritdoc/>
    public bool IsAtEnd { get; private set; }

    /// <summary>The volume's label, when it was met.</summary>
    public string? Label { get; private set; }

    /// <inheritdoc/>
    public GuestEntry? Next(ReadOnlySpan<byte> slot, long place, GuestProblems problems)
    {
        if (slot[0] == 0)
        {
            IsAtEnd = true;
            return null;
        }

        if (slot[0] == Deleted)
        {
            _parts = 0;
            return null;
        }

        if ((slot[11] & 0x3F) == LongNameAttributes)
        {
            TakePart(slot);
            return null;
        }

        var name = _parts > 0 && _missing == 0 && _sum == FatShortName.Sum(slot) ? LongName() : null;
        _parts = 0;
        if ((slot[11] & LabelAttribute) != 0)
        {
            Label ??= FatShortName.Label(slot[..11]);
            return null;
        }

        if (slot[..11].SequenceEqual(".          "u8) || slot[..11].SequenceEqual("..         "u8))
        {
            return null;
        }

        var entry = Entry(slot, place, name);
        if (entry.Name.Length > 0 && !GuestName.IsUnsafe(entry.Name))
        {
            return entry;
        }

        // Without a name nobody could ask for it, and some names would lead elsewhere.
        var what = entry.Name.Length > 0 ? "has a name that holds a slash or a zero, or is only dots" : "has no name";
        problems.Add(GuestFileException.Damaged(volume.Name, $"A directory entry on {volume.Name} {what} (at byte {place}): it is left out."));
        return null;
    }

    void TakePart(ReadOnlySpan<byte> slot)
    {
        const byte IsLast = 0x40;
        var number = slot[0] & 0x3F;
        if ((slot[0] & IsLast) != 0)
        {
            (_parts, _missing, _sum) = number is >= 1 and <= MaxParts ? (number, number, slot[13]) : (0, 0, default(byte));
        }

        if (_parts == 0 || number != _missing || slot[13] != _sum)
        {
            _parts = 0;
            return;
        }

        _missing--;
        var units = _units.AsSpan(_missing * UnitsPerPart, UnitsPerPart);
        Copy(slot.Slice(1, 10), units);
        Copy(slot.Slice(14, 12), units[5..]);
        Copy(slot.Slice(28, 4), units[11..]);
    }

    static void Copy(ReadOnlySpan<byte> bytes, Span<char> units)
    {
        for (var i = 0; i < bytes.Length / 2; i++)
        {
            units[i] = (char)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]);
        }
    }

    string? LongName()
    {
        var units = _units.AsSpan(0, _parts * UnitsPerPart);
        var end = units.IndexOf('\0');
        return end == 0 ? null : units[..(end < 0 ? units.Length : end)].ToString();
    }

    FatEntry Entry(ReadOnlySpan<byte> slot, long place, string? longName)
    {
        var attributes = slot[11];
        var isDirectory = (attributes & DirectoryAttribute) != 0;
        var shortName = FatShortName.Read(slot);
        var name = longName ?? shortName;
        var first = BinaryPrimitives.ReadUInt16LittleEndian(slot[26..]) | (volume.Boot.Width == 28 ? (uint)BinaryPrimitives.ReadUInt16LittleEndian(slot[20..]) << 16 : 0);
        long size = isDirectory ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(slot[28..]);
        return new FatEntry
        {
            Name = name,
            ShortName = shortName,
            Id = (ulong)place / ClusterDirectory.SlotSize,
            Kind = isDirectory ? GuestEntryKind.Directory : GuestEntryKind.File,
            Size = size,
            FirstCluster = first,
            DosAttributes = attributes,
            Modified = FatTime.Read(slot[24..], slot[22..], 0),
            Accessed = FatTime.ReadDate(slot[18..]),
            Created = FatTime.Read(slot[16..], slot[14..], slot[13]),
            Problem = Problem(name, isDirectory, first, size),
        };
    }

    GuestProblem? Problem(string name, bool isDirectory, uint first, long size) =>
        (isDirectory || size > 0) && !volume.Heap.Links.IsCluster(first)
            ? GuestFileException.Damaged(name, $"{name} would begin at cluster {first}, which does not exist.").ToProblem()
        : size > volume.Heap.Links.Last * (long)volume.Heap.ClusterSize
            ? GuestFileException.Damaged(name, $"{name} would have {size} bytes, more than the volume.").ToProblem()
        : null;
}
