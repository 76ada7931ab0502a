using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace VmProxy.Repository.Index;

/// <summary>
/// Writes a segment as a stream. Records come in the order of their ids; memory is the filter (1.5 bytes a record that may come), the tables
/// and one buffer of blocks.
/// </summary>
internal sealed class SegmentWriter : IAsyncDisposable
{
    const int BlockLength = SegmentLayout.RecordsPerBlock * SegmentLayout.RecordLength;
    const int BufferedBlocks = 16;
    const int SlackForTables = 16 << 20;

    readonly ObjectWriter _writer;
    readonly byte[] _key;
    readonly byte[] _header = new byte[SegmentLayout.HeaderLength];
    readonly byte[] _buffer;
    readonly byte[] _filter;
    readonly ArrayBufferWriter<byte> _blockTable = new();
    readonly ArrayBufferWriter<byte> _packTable = new();
    readonly Dictionary<RandomId, int> _packs = [];
    int _buffered;
    int _blockStart;
    ChunkId _last;
    bool _disposed;

    SegmentWriter(RandomId id, ObjectWriter writer, int capacity, byte[] key)
    {
        (Id, _writer, _key) = (id, writer, key);
        Capacity = Math.Min(capacity, SegmentLayout.MaxRecords);
        _buffer = ArrayPool<byte>.Shared.Rent(Math.Min(Math.Max(1, SegmentLayout.Blocks(Capacity)), BufferedBlocks) * BlockLength);
        _filter = new byte[SegmentFilter.LinesFor(Capacity) * SegmentFilter.LineLength];
        SegmentLayout.Magic.CopyTo(_header);
        BinaryPrimitives.WriteUInt16LittleEndian(_header.AsSpan(4), SegmentLayout.Version);
        id.Write(_header.AsSpan(8));
    }

    public RandomId Id { get; }

    /// <summary>Records that it may hold.</summary>
    public int Capacity { get; }

    public int Count { get; private set; }

    /// <summary>True when a further record could carry it over a limit: another segment must be begun.</summary>
    public bool IsFull => Count == Capacity
        || Length + _buffered + _filter.Length + _packTable.WrittenCount + _blockTable.WrittenCount > int.MaxValue - SlackForTables;

    /// <summary>Bytes written so far.</summary>
    public long Length { get; private set; }

    /// <summary>Begins a segment for at most <paramref name="capacity"/> records.</summary>
    public static async ValueTask<SegmentWriter> CreateAsync(IObjectStore store, int capacity, byte[] key, CancellationToken cancellationToken)
    {
        var id = RandomId.Create();
        var writer = await store.CreateAsync(ObjectNames.IndexSegment(id), cancellationToken).ConfigureAwait(false);
        var segment = new SegmentWriter(id, writer, capacity, key);
        try
        {
            await segment.WriteAsync(segment._header, cancellationToken).ConfigureAwait(false);
            return segment;
        }
        catch
        {
            await segment.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Appends a record. Its id must not be below the last one's.</summary>
    public ValueTask AddAsync(ChunkId id, in ChunkLocation location, CancellationToken cancellationToken)
    {
        if (id < _last || Count == Capacity)
        {
            throw new InvalidOperationException($"Record {Count} of {Capacity}, {id}, does not belong into this segment: the last one was {_last}.");
        }

        _last = id;
        Count++;
        var record = _buffer.AsSpan(_buffered, SegmentLayout.RecordLength);
        id.Write(record);
        BinaryPrimitives.WriteInt32LittleEndian(record[32..], OrdinalOf(location.Pack));
        BinaryPrimitives.WriteUInt32LittleEndian(record[36..], location.Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(record[40..], location.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record[44..], location.ChunkLength);
        _buffered += SegmentLayout.RecordLength;
        if (_filter.Length > 0)
        {
            SegmentFilter.Add(_filter.AsSpan(SegmentFilter.LineOf(id, Lines) * SegmentFilter.LineLength, SegmentFilter.LineLength), id);
        }

        return Count % SegmentLayout.RecordsPerBlock == 0 ? EndBlockAsync(cancellationToken) : ValueTask.CompletedTask;
    }

    /// <summary>Makes the segment durable and visible.</summary>
    /// <param name="superseded">Segments whose valid records are all here, or in segments that were completed before.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async ValueTask CompleteAsync(IReadOnlyCollection<RandomId> superseded, CancellationToken cancellationToken)
    {
        if (_buffered > _blockStart)
        {
            SealBlock();
        }

        await WriteAsync(_buffer.AsMemory(0, _buffered), cancellationToken).ConfigureAwait(false);
        var padding = new byte[SegmentLayout.FilterOffset(Count) - Length];
        await WriteAsync(padding, cancellationToken).ConfigureAwait(false);
        await WriteAsync(_filter, cancellationToken).ConfigureAwait(false);
        await WriteAsync(Tables(padding, superseded), cancellationToken).ConfigureAwait(false);
        await _writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        return _writer.DisposeAsync();
    }

    int Lines => _filter.Length / SegmentFilter.LineLength;

    ReadOnlySpan<byte> IdBytes => _header.AsSpan(8, RandomId.Size);

    int OrdinalOf(PackInfo pack)
    {
        if (_packs.TryGetValue(pack.Header.Id, out var ordinal))
        {
            return ordinal;
        }

        var entry = _packTable.GetSpan(SegmentLayout.PackLength)[..SegmentLayout.PackLength];
        entry.Clear();
        pack.Header.Id.Write(entry);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], pack.Header.Epoch);
        entry[20] = (byte)pack.Header.Kind;
        entry[21] = (byte)pack.Header.Seal;
        BinaryPrimitives.WriteInt64LittleEndian(entry[24..], pack.Length);
        _packTable.Advance(SegmentLayout.PackLength);
        return _packs[pack.Header.Id] = _packs.Count;
    }

    ValueTask EndBlockAsync(CancellationToken cancellationToken)
    {
        SealBlock();
        return _buffered + BlockLength > _buffer.Length || _buffered == BufferedBlocks * BlockLength ? FlushAsync(cancellationToken) : ValueTask.CompletedTask;
    }

    async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await WriteAsync(_buffer.AsMemory(0, _buffered), cancellationToken).ConfigureAwait(false);
        (_buffered, _blockStart) = (0, 0);
    }

    void SealBlock()
    {
        var content = _buffer.AsSpan(_blockStart, _buffered - _blockStart);
        var entry = _blockTable.GetSpan(SegmentLayout.BlockEntryLength)[..SegmentLayout.BlockEntryLength];
        content[..8].CopyTo(entry);
        SegmentLayout.HashBlock(_key, IdBytes, (uint)(_blockTable.WrittenCount / SegmentLayout.BlockEntryLength), content, entry[8..]);
        _blockTable.Advance(SegmentLayout.BlockEntryLength);
        _blockStart = _buffered;
    }

    byte[] Tables(byte[] padding, IReadOnlyCollection<RandomId> superseded)
    {
        var tables = new ArrayBufferWriter<byte>();
        tables.Write(_packTable.WrittenSpan);
        foreach (var id in superseded)
        {
            id.Write(tables.GetSpan(RandomId.Size));
            tables.Advance(RandomId.Size);
        }

        tables.Write(_blockTable.WrittenSpan);
        for (var block = 0; block < SegmentFilter.Blocks(Lines); block++)
        {
            var start = block * SegmentFilter.LinesPerBlock * SegmentFilter.LineLength;
            var lines = _filter.AsSpan(start, Math.Min(_filter.Length - start, SegmentFilter.LinesPerBlock * SegmentFilter.LineLength));
            var seal = tables.GetSpan(SegmentLayout.SealLength)[..SegmentLayout.SealLength];
            SegmentLayout.HashBlock(_key, IdBytes, SegmentFilter.BlockNumberBase + (uint)block, lines, seal);
            tables.Advance(SegmentLayout.SealLength);
        }

        var footer = tables.GetSpan(SegmentLayout.FooterLength)[..SegmentLayout.FooterLength];
        footer.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(footer, Count);
        BinaryPrimitives.WriteInt32LittleEndian(footer[4..], _packs.Count);
        BinaryPrimitives.WriteInt32LittleEndian(footer[8..], superseded.Count);
        BinaryPrimitives.WriteInt32LittleEndian(footer[12..], Lines);
        BinaryPrimitives.WriteInt32LittleEndian(footer[16..], SegmentLayout.RecordsPerBlock);
        BinaryPrimitives.WriteInt32LittleEndian(footer[20..], SegmentFilter.LinesPerBlock);
        tables.Advance(SegmentLayout.FooterLength - SegmentLayout.SealLength);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData(_header);
        hmac.AppendData(padding);
        hmac.AppendData(tables.WrittenSpan);
        hmac.GetHashAndReset(tables.GetSpan(SegmentLayout.SealLength)[..SegmentLayout.SealLength]);
        tables.Advance(SegmentLayout.SealLength);
        return tables.WrittenSpan.ToArray();
    }

    async ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (content.Length > 0)
        {
            await _writer.WriteAsync(content, cancellationToken).ConfigureAwait(false);
            Length += content.Length;
        }
    }
}
