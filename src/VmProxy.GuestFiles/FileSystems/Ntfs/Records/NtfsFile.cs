namespace VmProxy.GuestFiles;

/// <summary>A file's attributes, from its first record and from those that its attribute list leads to.</summary>
sealed class NtfsFile
{
    readonly List<Part> _parts = [];

    NtfsFile(NtfsRecord record) => Record = record;

    /// <summary>The file's first record.</summary>
    public NtfsRecord Record { get; }

    /// <summary>Why some of its attributes are missing, or null.</summary>
    public GuestProblem? Problem { get; private set; }

    /// <summary>Whether the open log of the volume concerns it.</summary>
    public bool IsInLog { get; private set; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="GuestFileException">There is no file of the number, or its first record is damaged.</exception>
    public static async ValueTask<NtfsFile> LoadAsync(NtfsVolume volume, long number, CancellationToken cancellationToken)
    {
        var record = await volume.Mft.ReadAsync(number, cancellationToken).ConfigureAwait(false);
        if (!record.IsInUse)
        {
            throw record.Damaged("is named as a file, and is not in use");
        }

        if (record.Base.Value != 0)
        {
            throw record.Damaged("is named as a file, and is a part of another");
        }

        var file = new NtfsFile(record);
        file.AddParts(volume, record);
        await file.AddListedAsync(volume, cancellationToken).ConfigureAwait(false);
        file._parts.Sort((left, right) => left.LowestVcn.CompareTo(right.LowestVcn));
        return file;
    }

    /// <summary>A record's attribute list, or null where it has none.</summary>
    /// <exception cref="GuestFileException">It is damaged.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadListAsync(NtfsVolume volume, NtfsRecord record, CancellationToken cancellationToken)
    {
        if (FindList(volume, record) is not { } list)
        {
            return null;
        }

        if (list.Size > NtfsAttributeList.MaxBytes)
        {
            throw record.Damaged($"has an attribute list of {list.Size} bytes");
        }

        return await volume.ReadAsync(list, NtfsAttributeList.MaxBytes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Every attribute, or part of one, to something that collects what it needs.</summary>
    public void AddTo(ref NtfsFacts facts)
    {
        foreach (var part in _parts)
        {
            facts.Add(part.Attribute);
        }
    }

    /// <summary>The attributes of a type that are values in a record.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Values(uint type)
    {
        foreach (var part in _parts)
        {
            if (part.Type == type && part.Attribute is { IsResident: true } attribute)
            {
                yield return attribute.Value.ToArray();
            }
        }
    }

    /// <summary>The names and sizes of the named attributes of a type.</summary>
    public IEnumerable<GuestStream> Named(uint type)
    {
        foreach (var part in _parts)
        {
            if (part.Type == type && part.LowestVcn == 0 && part.Attribute is { HasName: true } attribute)
            {
                yield return new GuestStream(attribute.Name.ToString(), attribute.DataSize);
            }
        }
    }

    /// <summary>An attribute put together, or null where the file has none of the type and name.</summary>
    /// <exception cref="GuestFileException">It is damaged.</exception>
    public NtfsStream? Find(NtfsVolume volume, uint type, ReadOnlySpan<char> name, bool ignoreCase = false)
    {
        var subject = $"MFT record {Record.Number}, {Describe(type, name)}";
        var first = default(NtfsAttribute);
        var isFound = false;
        var runs = new NtfsRunList();
        foreach (var part in _parts)
        {
            var attribute = part.Attribute;
            if (part.Type != type || !(ignoreCase ? volume.UpCase.Equals(attribute.Name, name) : attribute.Name.SequenceEqual(name)))
            {
                continue;
            }

            if (!isFound)
            {
                first = attribute;
                isFound = true;
                if (attribute.LowestVcn != 0)
                {
                    throw GuestFileException.Damaged(subject, $"The first part of {subject} is missing.");
                }
            }
            else if (attribute.LowestVcn == 0)
            {
                break;
            }

            if (!attribute.IsResident)
            {
                runs.Add(attribute, volume.Clusters, subject);
            }
        }

        return isFound ? Stream(volume, first, runs, subject) : null;
    }

    static NtfsStream Stream(NtfsVolume volume, in NtfsAttribute first, NtfsRunList runs, string subject)
    {
        if (first.IsResident)
        {
            return new NtfsStream { Subject = subject, Size = first.Value.Length, Resident = first.Value.ToArray(), IsEncrypted = first.IsEncrypted };
        }

        if ((first.DataSize / volume.Geometry.ClusterSize) + (first.DataSize % volume.Geometry.ClusterSize == 0 ? 0 : 1) > runs.Clusters)
        {
            throw GuestFileException.Damaged(subject, $"The run list of {subject} ends before its {first.DataSize} bytes do.");
        }

        return new NtfsStream
        {
            Subject = subject,
            Size = first.DataSize,
            Initialized = Math.Min(first.InitializedSize, first.DataSize),
            Runs = runs,
            IsEncrypted = first.IsEncrypted,
            UnitClusters = first.IsCompressed && first.CompressionUnit != 0 ? 1 << Math.Min(first.CompressionUnit, 30) : 0,
        };
    }

    static NtfsStream? FindList(NtfsVolume volume, NtfsRecord record)
    {
        var attributes = record.Attributes;
        while (attributes.MoveNext())
        {
            if (attributes.Current.Type == NtfsAttributeType.AttributeList)
            {
                var subject = $"MFT record {record.Number}, attribute list";
                var runs = new NtfsRunList();
                if (!attributes.Current.IsResident)
                {
                    runs.Add(attributes.Current, volume.Clusters, subject);
                }

                return Stream(volume, attributes.Current, runs, subject);
            }
        }

        return null;
    }

    static string Describe(uint type, ReadOnlySpan<char> name)
    {
        var what = type switch
        {
            NtfsAttributeType.Data => "data",
            NtfsAttributeType.IndexRoot => "index root",
            NtfsAttributeType.IndexAllocation => "index",
            NtfsAttributeType.Bitmap => "bitmap",
            NtfsAttributeType.ReparsePoint => "reparse point",
            NtfsAttributeType.ExtendedAttributes => "extended attributes",
            _ => $"attribute 0x{type:X}",
        };
        return name.IsEmpty ? what : $"{what} {name}";
    }

    async ValueTask AddListedAsync(NtfsVolume volume, CancellationToken cancellationToken)
    {
        try
        {
            if (await ReadListAsync(volume, Record, cancellationToken).ConfigureAwait(false) is not { } list)
            {
                return;
            }

            var numbers = NtfsAttributeList.Parse(list, $"MFT record {Record.Number}").Select(entry => entry.Record.Record).Where(number => number != Record.Number);
            foreach (var number in numbers.ToHashSet())
            {
                await AddExtensionAsync(volume, number, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (GuestFileException exception)
        {
            Problem ??= exception.ToProblem();
        }
    }

    async ValueTask AddExtensionAsync(NtfsVolume volume, long number, CancellationToken cancellationToken)
    {
        try
        {
            var extension = await volume.Mft.ReadAsync(number, cancellationToken).ConfigureAwait(false);
            if (!extension.IsInUse || extension.Base.Record != Record.Number || extension.Base.Sequence != Record.Sequence)
            {
                throw extension.Damaged($"does not belong to the file of record {Record.Number}, whose attribute list leads to it");
            }

            AddParts(volume, extension);
        }
        catch (GuestFileException exception)
        {
            Problem ??= exception.ToProblem();
        }
    }

    void AddParts(NtfsVolume volume, NtfsRecord record)
    {
        IsInLog |= volume.Log?.Concerns(record.Number, NtfsRecord.LsnOf(record.Bytes)) == true;
        var attributes = record.Attributes;
        while (attributes.MoveNext())
        {
            _parts.Add(new Part(record, attributes.Offset, attributes.Current.Type, attributes.Current.LowestVcn));
        }

        if (attributes.IsDamaged)
        {
            Problem ??= record.Damaged("has an attribute that cannot be right").ToProblem();
        }
    }

    readonly record struct Part(NtfsRecord Record, int Offset, uint Type, long LowestVcn)
    {
        // It was parsed when the part was made.
        public NtfsAttribute Attribute => NtfsAttribute.TryParse(Record.Bytes, Offset, out var attribute) ? attribute : default;
    }
}
