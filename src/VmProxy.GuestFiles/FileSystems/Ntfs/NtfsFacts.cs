using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>What is told of a file, collected from its attributes. It is small and holds no reference, so that millions can be kept.</summary>
struct NtfsFacts
{
    const uint Encrypted = 0x4000;
    const uint RecallOnOpen = 0x4_0000;
    const uint RecallOnDataAccess = 0x40_0000;
    const int StandardInformationBytes = 36;
    const int FileNameHead = 66;

    long _created;
    long _modified;
    long _changed;
    long _accessed;
    long _size;
    ulong _device;
    uint _attributes;
    uint _reparse;
    ushort _links;
    Has _has;

    [Flags]
    enum Has : byte
    {
        Times = 1,
        Reparse = 2,
        EncryptedData = 4,
        List = 8,
        Directory = 16,
        Device = 32,
        Log = 64,
    }

    /// <summary>Whether other records must be read before all is known.</summary>
    public bool IsPart
    {
        readonly get => _has.HasFlag(Has.List);
        set => _has = value ? _has | Has.List : _has & ~Has.List;
    }

    /// <summary>Whether it is a directory, be it also a link.</summary>
    public readonly bool IsDirectory => _has.HasFlag(Has.Directory);

    public void SetDirectory() => _has |= Has.Directory;

    /// <summary>Tells that the volume's log was open and concerns it.</summary>
    public void SetInLog() => _has |= Has.Log;

    /// <summary>Takes what an attribute tells.</summary>
    public void Add(in NtfsAttribute attribute)
    {
        switch (attribute.Type)
        {
            case NtfsAttributeType.StandardInformation when attribute is { IsResident: true, Value.Length: >= StandardInformationBytes }:
                AddTimes(attribute.Value);
                break;
            case NtfsAttributeType.AttributeList:
                _has |= Has.List;
                break;
            case NtfsAttributeType.FileName when attribute is { IsResident: true, Value.Length: >= FileNameHead }:
                _links += (ushort)(NtfsFileName.IsShort(attribute.Value) ? 0 : 1);
                break;
            case NtfsAttributeType.Data when attribute is { HasName: false, LowestVcn: 0 }:
                _size = attribute.DataSize;
                _has |= attribute.IsEncrypted ? Has.EncryptedData : 0;
                break;
            case NtfsAttributeType.ReparsePoint when attribute is { IsResident: true, Value.Length: >= 8 }:
                _reparse = BinaryPrimitives.ReadUInt32LittleEndian(attribute.Value);
                _has |= Has.Reparse;
                break;
            case NtfsAttributeType.ReparsePoint:
                // One that is too long for its record: its tag is looked up by whoever opens it.
                _has |= Has.Reparse | Has.List;
                break;
            case NtfsAttributeType.ExtendedAttributes when attribute.IsResident && NtfsExtendedAttributes.FindDevice(attribute.Value) is { } device:
                _device = device;
                _has |= Has.Device;
                break;
        }
    }

    /// <summary>The tag of a reparse point that is not in the record.</summary>
    public void SetReparse(uint tag) => _reparse = tag;

    /// <summary>Whether there is a reparse point whose tag is not known yet.</summary>
    public readonly bool NeedsReparse => _has.HasFlag(Has.Reparse) && _reparse == 0;

    /// <summary>The entry that tells it under one of its names.</summary>
    public readonly NtfsEntry ToEntry(string name, NtfsReference reference, GuestProblem? problem)
    {
        var kind = NtfsReparseTag.KindOf(_reparse) ?? (IsDirectory ? GuestEntryKind.Directory : GuestEntryKind.File);
        var hasTimes = _has.HasFlag(Has.Times);
        return new NtfsEntry
        {
            Name = name,
            Id = (ulong)reference.Record,
            Reference = reference,
            ReparseTag = _reparse,
            Kind = kind,
            Size = kind is GuestEntryKind.File or GuestEntryKind.SymbolicLink or GuestEntryKind.Junction ? _size : 0,
            Created = hasTimes ? GuestTime.FromNtTime(_created) : null,
            Modified = hasTimes ? GuestTime.FromNtTime(_modified) : null,
            Changed = hasTimes ? GuestTime.FromNtTime(_changed) : null,
            Accessed = hasTimes ? GuestTime.FromNtTime(_accessed) : null,
            DosAttributes = hasTimes ? _attributes : null,
            Links = Math.Max(1, (int)_links),
            DeviceNumber = _has.HasFlag(Has.Device) && kind is GuestEntryKind.CharacterDevice or GuestEntryKind.BlockDevice ? ((uint)_device, (uint)(_device >> 32)) : null,
            Problem = ContentProblem(kind, name) ?? problem ?? (_has.HasFlag(Has.Log) ? NtfsLog.ProblemOf(name) : null),
        };
    }

    readonly GuestProblem? ContentProblem(GuestEntryKind kind, string name)
    {
        if (kind == GuestEntryKind.Directory)
        {
            return NtfsReparseTag.IsCloud(_reparse) || (_attributes & RecallOnOpen) != 0
                ? new GuestProblem(GuestFileErrorCodes.CloudPlaceholder, name, $"The directory {name} is one of a cloud: what was never opened may not be on the disk.") { IsWarning = true }
                : null;
        }

        if (kind != GuestEntryKind.File)
        {
            return null;
        }

        if (NtfsReparseTag.IsCloud(_reparse) || (_attributes & (RecallOnOpen | RecallOnDataAccess)) != 0)
        {
            return new GuestProblem(GuestFileErrorCodes.CloudPlaceholder, name, $"The content of {name} belongs to a cloud and may not be on the disk.");
        }

        if ((_attributes & Encrypted) != 0 || _has.HasFlag(Has.EncryptedData))
        {
            return new GuestProblem(GuestFileErrorCodes.Encrypted, name, $"The content of {name} is encrypted (EFS).");
        }

        return _reparse switch
        {
            0 or NtfsReparseTag.Wof => null,
            NtfsReparseTag.Deduplicated => new GuestProblem(
                GuestFileErrorCodes.Deduplicated, name, $"The content of {name} lies in the chunk store of Windows data deduplication."),
            _ => new GuestProblem(
                GuestFileErrorCodes.Unsupported, name, $"The content of {name} is kept by a Windows driver that is not known (reparse tag 0x{_reparse:X8}).") { IsWarning = _size == 0 },
        };
    }

    void AddTimes(ReadOnlySpan<byte> value)
    {
        _created = BinaryPrimitives.ReadInt64LittleEndian(value);
        _modified = BinaryPrimitives.ReadInt64LittleEndian(value[8..]);
        _changed = BinaryPrimitives.ReadInt64LittleEndian(value[16..]);
        _accessed = BinaryPrimitives.ReadInt64LittleEndian(value[24..]);
        _attributes = BinaryPrimitives.ReadUInt32LittleEndian(value[32..]);
        _has |= Has.Times;
    }
}
