using System.Buffers;
using VmProxy.Repository.Index;
using VmProxy.Repository.Packs;
using VmProxy.Repository.Reading;

namespace VmProxy.Repository.Maintenance;

/// <summary>
/// Stores the used chunks of packs anew, so that the packs can go. What is written is sealed with the current key epoch. Memory is one batch of records
/// and one frame.
/// </summary>
internal sealed class PackRewriter(BackupRepository repository)
{
    const int BatchChunks = 128 << 10;
    readonly HashSet<PackUse> _failed = [];

    /// <summary>Packs that keep their place because a used chunk in them could not be read.</summary>
    public IReadOnlySet<PackUse> Failed => _failed;

    public PackTotals Written { get; private set; }

    public async Task RunAsync(
        IReadOnlyList<(RandomId Id, PackUse Use)> packs, IReadOnlyList<IndexSegment> segments, LiveRecords live, Action<int> report,
        CancellationToken cancellationToken)
    {
        for (var first = 0; first < packs.Count;)
        {
            var batch = new Dictionary<RandomId, PackUse>();
            for (var chunks = 0; first < packs.Count && (chunks == 0 || chunks + packs[first].Use.LiveChunks <= BatchChunks); first++)
            {
                batch.Add(packs[first].Id, packs[first].Use);
                chunks += packs[first].Use.LiveChunks;
            }

            await RewriteAsync(batch, Collect(batch, segments, live), cancellationToken).ConfigureAwait(false);
            report(first);
        }
    }

    static List<(ChunkId Id, ChunkLocation Location)> Collect(
        Dictionary<RandomId, PackUse> packs, IReadOnlyList<IndexSegment> segments, LiveRecords live)
    {
        var chunks = new List<(ChunkId Id, ChunkLocation Location)>();
        for (var i = 0; i < segments.Count; i++)
        {
            if (!segments[i].Packs.Any(pack => packs.ContainsKey(pack.Header.Id)))
            {
                continue;
            }

            for (var record = 0; record < segments[i].Count; record++)
            {
                if (live.IsLive(i, record) && segments[i].RecordAt(record) is var entry && segments[i].LocationOf(entry) is var location
                    && packs.ContainsKey(location.Pack.Header.Id))
                {
                    chunks.Add((entry.Id, location));
                }
            }
        }

        // In the order in which the packs were given: the same however their random names fall.
        var ordinals = packs.Keys.Select((id, ordinal) => (id, ordinal)).ToDictionary(pair => pair.id, pair => pair.ordinal);
        chunks.Sort((left, right) =>
        {
            var order = left.Location.Pack.Header.Kind.CompareTo(right.Location.Pack.Header.Kind);
            order = order != 0 ? order : ordinals[left.Location.Pack.Header.Id].CompareTo(ordinals[right.Location.Pack.Header.Id]);
            return order != 0 ? order : left.Location.Offset.CompareTo(right.Location.Offset);
        });
        return chunks;
    }

    async Task RewriteAsync(Dictionary<RandomId, PackUse> batch, List<(ChunkId Id, ChunkLocation Location)> chunks, CancellationToken cancellationToken)
    {
        var packs = new PackList();
        var written = new List<NewChunk>(chunks.Count);
        try
        {
            foreach (var kind in (PackKind[])[PackKind.Data, PackKind.Metadata])
            {
                await RewriteAsync(kind, batch, [.. chunks.Where(chunk => chunk.Location.Pack.Header.Kind == kind)], packs, written, cancellationToken)
                    .ConfigureAwait(false);
            }
        }
        finally
        {
            foreach (var pack in packs.Snapshot().Where(pack => !pack.IsComplete))
            {
                await pack.DisposeAsync().ConfigureAwait(false);
            }
        }

        foreach (var pack in packs.Snapshot())
        {
            Written = Written.With(pack.Length);
        }

        if (written.Count > 0)
        {
            await repository.Index.WriteSegmentAsync(written, packs, cancellationToken).ConfigureAwait(false);
        }
    }

    async Task RewriteAsync(
        PackKind kind, Dictionary<RandomId, PackUse> batch, List<(ChunkId Id, ChunkLocation Location)> chunks, PackList packs, List<NewChunk> written,
        CancellationToken cancellationToken)
    {
        var sink = new PackSink(repository.Store, repository.Keys, repository.Seal, kind, repository.Zstd, repository.Tuning, packs);
        await using var _ = sink.ConfigureAwait(false);
        var limit = kind == PackKind.Data ? repository.Tuning.FrameBytes : repository.Tuning.MetadataFrameBytes;
        var plain = new ArrayBufferWriter<byte>();
        var entries = new List<FrameEntry>();
        for (var first = 0; first < chunks.Count;)
        {
            var location = chunks[first].Location;
            var end = first;
            while (end < chunks.Count && chunks[end].Location.Offset == location.Offset && chunks[end].Location.Pack.Header.Id == location.Pack.Header.Id)
            {
                end++;
            }

            foreach (var (id, bytes) in await ReadAsync(batch[location.Pack.Header.Id], chunks[first..end], cancellationToken).ConfigureAwait(false))
            {
                if (entries.Count > 0 && (plain.WrittenCount + bytes.Length > limit || entries.Count == FrameRecord.MaxChunks))
                {
                    await FlushAsync(sink, plain, entries, written, cancellationToken).ConfigureAwait(false);
                }

                plain.Write(bytes);
                entries.Add(new FrameEntry(id, bytes.Length));
            }

            first = end;
        }

        await FlushAsync(sink, plain, entries, written, cancellationToken).ConfigureAwait(false);
        await sink.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    static async ValueTask FlushAsync(
        PackSink sink, ArrayBufferWriter<byte> plain, List<FrameEntry> entries, List<NewChunk> written, CancellationToken cancellationToken)
    {
        if (entries.Count == 0)
        {
            return;
        }

        var place = await sink.StoreAsync(plain.WrittenMemory, entries.ToArray(), cancellationToken).ConfigureAwait(false);
        written.AddRange(entries.Select(entry => new NewChunk(entry.Id, place.Pack, place.Offset, place.Length, entry.Length)));
        plain.ResetWrittenCount();
        entries.Clear();
    }

    /// <summary>The plain bytes of chunks of one frame, proved; none when the pack has failed.</summary>
    async ValueTask<List<(ChunkId Id, byte[] Bytes)>> ReadAsync(
        PackUse pack, List<(ChunkId Id, ChunkLocation Location)> chunks, CancellationToken cancellationToken)
    {
        var read = new List<(ChunkId, byte[])>(chunks.Count);
        if (_failed.Contains(pack))
        {
            return read;
        }

        DecodedFrame? frame = null;
        try
        {
            frame = await repository.Reader.Frames.ReadAsync(chunks[0].Location, cancellationToken).ConfigureAwait(false);
            foreach (var (id, location) in chunks)
            {
                read.Add((id, repository.Reader.Chunk(frame, id, location).ToArray()));
            }
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged)
        {
            _failed.Add(pack);
            read.Clear();
        }
        finally
        {
            frame?.Release();
        }

        return read;
    }
}
