using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// Makes entries of a directory's slots of 32 bytes (exFAT specification, sections 6 and 7). A file is a set: the first slot has attributes and times, the second its place, the rest its name; a check
/// goes over all of them.
/// </summary>
sealed class ExFatDirectoryParser(string volume, ClusterHeap heap) : IDirectoryParser
{
    const int SlotSize = ClusterDirectory.SlotSize;
    const byte UpcaseType = 0x82;
    const byte LabelType = 0x83;
    const byte FileType = 0x85;
    const byte StreamType = 0xC0;
    const byte NameType = 0xC1;
    const byte InUse = 0x80;
    const byte Secondary = 0x40;
    const int MaxSecondary = 18;
    const int NameUnits = 15;
    const int DirectoryAttribute = 0x10;

    readonly byte[] _set = new byte[SlotSize * (MaxSecondary + 1)];
    int _count;
    int _missing;
    long _place;

    /// <inheritdoc/>
    public bool IsAtEnd { get; private set; }

    /// <summary>The volume's label, when it was met.</summary>
    public string? Label { get; private set; }

    /// <summary>Where the table of capital letters lies, when it was met.</summary>
    public ExFatStream? Upcase { get; private set; }

    /// <inheritdoc/>
    public GuestEntry? Next(ReadOnlySpan<byte> slot, long place, GuestProblems problems)
    {
        if (_missing > 0)
        {
            if ((slot[0] & (InUse | Secondary)) == (InUse | Secondary))
            {
                slot.CopyTo(_set.AsSpan(_count++ * SlotSize));
                return --_missing == 0 ? Complete(problems) : null;
            }

            _missing = 0;
            Tell(problems, "ends before all of its parts");
        }

        IsAtEnd = slot[0] == 0;
        switch (slot[0])
        {
            case FileType:
                Begin(slot, place, problems);
                break;
            case LabelType:
                Label ??= Text(slot[2..], Math.Min((int)slot[1], 11));
                break;
            case UpcaseType:
                Upcase ??= new ExFatStream(U32(slot, 20), BinaryPrimitives.ReadInt64LittleEndian(slot[24..]), U32(slot, 4));
                break;
        }

        return null;
    }

    void Begin(ReadOnlySpan<byte> slot, long place, GuestProblems problems)
    {
        _place = place;
        if (slot[1] is < 2 or > MaxSecondary)
        {
            Tell(problems, $"would have {slot[1]} parts behind its first");
            return;
        }

        slot.CopyTo(_set);
        (_count, _missing) = (1, slot[1]);
    }

    ExFatEntry? Complete(GuestProblems problems)
    {
        var set = _set.AsSpan(0, _count * SlotSize);
        var stream = set.Slice(SlotSize, SlotSize);
        var name = stream[0] == StreamType ? Name(set[(2 * SlotSize)..], stream[3]) : null;
        if (name is null)
        {
            Tell(problems, "lacks its place or its name");
            return null;
        }

        if (GuestName.IsUnsafe(name))
        {
            Tell(problems, "has a name that holds a slash or a zero, or is only dots");
            return null;
        }

        var isDirectory = (set[4] & DirectoryAttribute) != 0;
        var (hasClusters, isContiguous) = ((stream[1] & 1) != 0, (stream[1] & 2) != 0);
        var length = hasClusters ? BinaryPrimitives.ReadInt64LittleEndian(stream[24..]) : 0;
        var valid = hasClusters ? BinaryPrimitives.ReadInt64LittleEndian(stream[8..]) : 0;
        var first = hasClusters ? U32(stream, 20) : 0;
        var problem = Problem(name, isDirectory, first, length, valid)
            ?? (IsSound(set) ? null : GuestFileException.Damaged(name, $"The directory entries of {name} do not match their check.").ToProblem() with { IsWarning = true });
        return new ExFatEntry
        {
            Name = name,
            Id = (ulong)_place / SlotSize,
            Kind = isDirectory ? GuestEntryKind.Directory : GuestEntryKind.File,
            Size = isDirectory || problem is { IsWarning: false } ? 0 : length,
            FirstCluster = first,
            DataLength = length,
            ValidLength = valid,
            IsContiguous = isContiguous,
            DosAttributes = BinaryPrimitives.ReadUInt16LittleEndian(set[4..]),
            Created = Time(U32(set, 8), set[20], set[22]),
            Modified = Time(U32(set, 12), set[21], set[23]),
            Accessed = Time(U32(set, 16), 0, set[24]),
            Problem = problem,
        };
    }

    GuestProblem? Problem(string name, bool isDirectory, uint first, long length, long valid) =>
        length < 0 || length > heap.Links.Last * (long)heap.ClusterSize
            ? GuestFileException.Damaged(name, $"{name} would have {length} bytes, more than the volume.").ToProblem()
        : (length > 0 || isDirectory) && !heap.Links.IsCluster(first)
            ? GuestFileException.Damaged(name, $"{name} would begin at cluster {first}, which does not exist.").ToProblem()
        : valid < 0 || valid > length
            ? GuestFileException.Damaged(name, $"{name} would have {valid} written bytes of {length}.").ToProblem()
        : null;

    void Tell(GuestProblems problems, string what) => problems.Add(GuestFileException.Damaged(
        volume, $"A directory entry on {volume} {what} (at byte {_place}): it is left out."));

    /// <summary>A name of that many units from slots of 15 each, or null.</summary>
    static string? Name(ReadOnlySpan<byte> slots, int units)
    {
        Span<char> name = stackalloc char[NameUnits * MaxSecondary];
        var count = 0;
        for (; !slots.IsEmpty && slots[0] == NameType && count < units; slots = slots[SlotSize..])
        {
            for (var i = 0; i < NameUnits && count < units; i++)
            {
                name[count++] = (char)BinaryPrimitives.ReadUInt16LittleEndian(slots[(2 + (2 * i))..]);
            }
        }

        return units > 0 && count == units ? name[..count].ToString() : null;
    }

    static string Text(ReadOnlySpan<byte> bytes, int units)
    {
        Span<char> text = stackalloc char[units];
        for (var i = 0; i < units; i++)
        {
            text[i] = (char)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]);
        }

        return text.ToString();
    }

    static bool IsSound(ReadOnlySpan<byte> set)
    {
        ushort check = 0;
        for (var i = 0; i < set.Length; i++)
        {
            check = i is 2 or 3 ? check : (ushort)((ushort)((check << 15) | (check >> 1)) + set[i]);
        }

        return BinaryPrimitives.ReadUInt16LittleEndian(set[2..]) == check;
    }

    /// <summary>A moment in local time, with the difference of that to UTC in quarters of an hour, where the guest knew it.</summary>
    static GuestTime? Time(uint moment, byte hundredths, byte zone)
    {
        const byte IsKnown = 0x80;
        const int Quarter = 15 * 60;
        var local = FatTime.Make((int)(moment >> 16), (int)(moment & 0xFFFF), hundredths);
        var quarters = (zone & 0x7F) >= 64 ? (zone & 0x7F) - 128 : zone & 0x7F;
        return (zone & IsKnown) != 0 && local is { } time ? time with { Seconds = time.Seconds - (quarters * Quarter) } : local;
    }

    static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
}
