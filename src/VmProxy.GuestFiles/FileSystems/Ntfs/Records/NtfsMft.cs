using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>The master file table: a record for each file. Its first records are read from their copy when they are damaged.</summary>
sealed class NtfsMft : IAsyncDisposable
{
    // The mirror holds four records, or as many as fit into a cluster.
    const int MirrorRecords = 4;

    readonly NtfsVolume _volume;
    IBlockDevice _content;

    NtfsMft(NtfsVolume volume, NtfsRunList runs, long size)
    {
        (_volume, Runs) = (volume, runs);
        _content = null!;
        Extend(size);
    }

    /// <summary>Where it lies.</summary>
    public NtfsRunList Runs { get; }

    /// <summary>How many records it has.</summary>
    public long Count { get; private set; }

    /// <summary>Why only its beginning is known, or null.</summary>
    public string? Problem { get; private set; }

    /// <summary>Numbers of records that were read from the mirror.</summary>
    public SortedSet<long> Mirrored { get; } = [];

    /// <summary>Finds all of it, beginning with its own record.</summary>
    /// <exception cref="GuestFileException">Its own record is damaged, and so is the copy.</exception>
    public static async ValueTask<NtfsMft> OpenAsync(NtfsVolume volume, CancellationToken cancellationToken)
    {
        var bytes = new byte[volume.Geometry.RecordSize];
        var first = await TryReadAsync(volume, volume.Geometry.MftCluster, 0, bytes, cancellationToken).ConfigureAwait(false);
        var isMirror = first is null || !IsMft(first);
        if (isMirror)
        {
            first = await TryReadAsync(volume, volume.Geometry.MirrorCluster, 0, new byte[bytes.Length], cancellationToken).ConfigureAwait(false);
        }

        if (first is null || !IsMft(first))
        {
            throw NtfsRecord.Damaged(0, "(that of the MFT) is damaged, and so is its copy in the mirror");
        }

        var mft = FromRecord(volume, first);
        if (isMirror)
        {
            mft.Mirrored.Add(0);
        }

        try
        {
            await mft.AddListedPartsAsync(first, cancellationToken).ConfigureAwait(false);
        }
        catch (GuestFileException exception)
        {
            mft.Problem = exception.Message;
        }

        return mft;
    }

    /// <summary>Reads a record and applies its fixups. It may be one that is not in use.</summary>
    /// <exception cref="GuestFileException">There is none of the number, or it is damaged.</exception>
    public async ValueTask<NtfsRecord> ReadAsync(long number, CancellationToken cancellationToken)
    {
        if (number < 0 || number >= Count)
        {
            throw NtfsRecord.Damaged(number, $"does not exist: the MFT has {Count}");
        }

        var size = _volume.Geometry.RecordSize;
        var bytes = new byte[size];
        await _content.ReadAsync(number * size, bytes, cancellationToken).ConfigureAwait(false);
        if (NtfsRecord.TryParse(number, bytes, out var wrong) is { } record)
        {
            return record;
        }

        if (number < Math.Max(MirrorRecords, _volume.Geometry.ClusterSize / size)
            && await TryReadAsync(_volume, _volume.Geometry.MirrorCluster, number, bytes, cancellationToken).ConfigureAwait(false) is { } copy)
        {
            lock (Mirrored)
            {
                Mirrored.Add(number);
            }

            return copy;
        }

        throw NtfsRecord.Damaged(number, wrong);
    }

    public ValueTask DisposeAsync() => _content.DisposeAsync();

    static bool IsMft(NtfsRecord record)
    {
        var attributes = record.Attributes;
        while (attributes.MoveNext())
        {
            if (IsFirstData(attributes.Current))
            {
                return true;
            }
        }

        return false;
    }

    static bool IsFirstData(in NtfsAttribute attribute) =>
        attribute is { Type: NtfsAttributeType.Data, HasName: false, IsResident: false, LowestVcn: 0 };

    static NtfsMft FromRecord(NtfsVolume volume, NtfsRecord first)
    {
        var runs = new NtfsRunList();
        var attributes = first.Attributes;
        while (attributes.MoveNext())
        {
            if (IsFirstData(attributes.Current))
            {
                runs.Add(attributes.Current, volume.Clusters, "the MFT");
                return new NtfsMft(volume, runs, Math.Min(attributes.Current.DataSize, attributes.Current.InitializedSize));
            }
        }

        throw NtfsRecord.Damaged(0, "(that of the MFT) has no data");
    }

    /// <summary>A very fragmented MFT: each part of its run list lies in a record that the parts before it lead to.</summary>
    async ValueTask AddListedPartsAsync(NtfsRecord first, CancellationToken cancellationToken)
    {
        var size = _content.Length;
        if (await NtfsFile.ReadListAsync(_volume, first, cancellationToken).ConfigureAwait(false) is not { } list)
        {
            return;
        }

        var parts = NtfsAttributeList.Parse(list, "MFT record 0").Where(entry => entry is { Type: NtfsAttributeType.Data, HasName: false, LowestVcn: > 0 });
        foreach (var part in parts.OrderBy(entry => entry.LowestVcn))
        {
            AddParts(await ReadAsync(part.Record.Record, cancellationToken).ConfigureAwait(false));
            Extend(size);
        }
    }

    void AddParts(NtfsRecord record)
    {
        var attributes = record.Attributes;
        while (attributes.MoveNext())
        {
            if (attributes.Current is { Type: NtfsAttributeType.Data, HasName: false, IsResident: false } part && part.LowestVcn == Runs.Clusters)
            {
                Runs.Add(part, _volume.Clusters, "the MFT");
            }
        }
    }

    void Extend(long size)
    {
        _content = new NtfsContent(_volume.Metadata, _volume.Geometry.ClusterSize, Runs, size, size, "the MFT");
        // An MFT has no holes: it cannot be larger than the device.
        Count = Math.Min(Math.Min(size, _volume.Device.Length), Runs.Clusters * _volume.Geometry.ClusterSize) / _volume.Geometry.RecordSize;
    }

    static async ValueTask<NtfsRecord?> TryReadAsync(NtfsVolume volume, long cluster, long number, byte[] bytes, CancellationToken cancellationToken)
    {
        var device = volume.Metadata;
        if (cluster > (device.Length / volume.Geometry.ClusterSize) || device.Length - (cluster * volume.Geometry.ClusterSize) < (number + 1) * bytes.Length)
        {
            return null;
        }

        await device.ReadAsync((cluster * volume.Geometry.ClusterSize) + (number * bytes.Length), bytes, cancellationToken).ConfigureAwait(false);
        return NtfsRecord.TryParse(number, bytes, out _);
    }
}
