using VmProxy.Repository.Index;

namespace VmProxy.Repository.Rebuild;

/// <summary>
/// Collects records in any order and writes them as sorted segments, a run at a time: memory is one run (48 bytes a record). Each run is a valid
/// part of the index at once; merging them is a compaction.
/// </summary>
internal sealed class IndexRuns(IObjectStore store, byte[] key, int recordsPerRun)
{
    readonly List<NewChunk> _records = [];
    readonly List<PackInfo> _packs = [];

    public long Count { get; private set; }

    public int Written { get; private set; }

    public async Task AddAsync(PackInfo pack, IReadOnlyList<ListedFrame> frames, CancellationToken cancellationToken)
    {
        _packs.Add(pack);
        foreach (var frame in frames)
        {
            foreach (var (id, length) in frame.Entries)
            {
                _records.Add(new NewChunk(id, _packs.Count - 1, frame.Offset, frame.Length, length));
                Count++;
            }
        }

        if (_records.Count >= recordsPerRun)
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_records.Count > 0)
        {
            _records.Sort(static (left, right) => left.Id.CompareTo(right.Id));
            var writer = await SegmentWriter.CreateAsync(store, _records.Count, key, cancellationToken).ConfigureAwait(false);
            await using var _ = writer.ConfigureAwait(false);
            foreach (var record in _records)
            {
                var location = new ChunkLocation(_packs[record.Pack], record.Offset, record.Length, record.ChunkLength);
                await writer.AddAsync(record.Id, location, cancellationToken).ConfigureAwait(false);
            }

            await writer.CompleteAsync([], cancellationToken).ConfigureAwait(false);
            Written++;
        }

        _records.Clear();
        _packs.Clear();
    }
}
