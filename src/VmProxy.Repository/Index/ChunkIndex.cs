using System.Collections.Frozen;
using System.Collections.Immutable;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Index;

/// <summary>Where every stored chunk lies: the segments of the repository, mapped. Damaged parts are remembered, and what they held is unknown.</summary>
internal sealed class ChunkIndex(IObjectStore store, byte[] key) : IDisposable
{
    readonly SemaphoreSlim _refreshing = new(1);
    readonly List<IndexSnapshot> _retired = [];
    readonly Dictionary<IndexSegment, int> _uses = [];
    volatile IndexSnapshot _current = new([]);
    volatile ImmutableHashSet<string> _damaged = [];
    Unusable _unusable = Unusable.None;
    bool _isListed;

    /// <summary>What must not be relied on. Lookups see the last value that was set.</summary>
    public Unusable Unusable
    {
        get => Volatile.Read(ref _unusable);
        set => Volatile.Write(ref _unusable, value);
    }

    /// <summary>Changes <see cref="Unusable"/>, whoever else does so at the same time.</summary>
    public void Change(Func<Unusable, Unusable> change)
    {
        Unusable before;
        Unusable after;
        do
        {
            before = _unusable;
            after = change(before);
        }
        while (Interlocked.CompareExchange(ref _unusable, after, before) != before);
    }

    /// <summary>Packs that records name and that do not exist: other places go before them, and nothing new refers to them.</summary>
    public void MarkMissing(IEnumerable<RandomId> packs) =>
        Change(unusable => unusable with { MissingPacks = unusable.MissingPacks.Union(packs).ToFrozenSet() });

    /// <summary>Names of segments that are damaged as a whole or in part, as far as they were read.</summary>
    public IReadOnlyList<string> Damaged => [.. _damaged, .. _current.Segments.Where(segment => segment.IsDamaged).Select(segment => segment.Name)];

    /// <summary>Segments that are damaged as a whole, as far as they have names of segments.</summary>
    public IReadOnlyList<RandomId> DamagedIds =>
        [.. _damaged.Select(name => ObjectNames.TryParse(name, out var id) ? id : default(RandomId?)).OfType<RandomId>()];

    /// <summary>Records of all segments; a chunk that is stored twice counts twice.</summary>
    public long RecordCount => _current.Segments.Sum(segment => (long)segment.Count);

    /// <summary>The segments as they are now, kept mapped until the lease is disposed.</summary>
    public IndexLease Acquire()
    {
        var snapshot = Enter(out var stripe);
        return new IndexLease(snapshot, stripe);
    }

    /// <summary>Where to read a chunk: where no damage is known if possible, and rather not in a pack that is about to be deleted.</summary>
    public bool TryFind(ChunkId id, out ChunkLocation location) => TryFind(id, LocationState.Damaged, out location);

    /// <summary>Whether a new reference to a stored chunk may be made: only where neither damage nor condemnation is known.</summary>
    public bool TryFindForReuse(ChunkId id, out ChunkLocation location) => TryFind(id, LocationState.Good, out location);

    /// <summary>Maps the segments that came since the last time, such as those of other processes, and drops those that went.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // A listing that overlaps a compaction may miss both the old segments and the new one. The new one is there before the old ones go:
            // a listing that begins after something was seen to be gone shows it. Until then lookups go on with what they had.
            var opened = _current.Segments.ToList();
            try
            {
                var missing = new HashSet<string>(StringComparer.Ordinal);
                while (!await ListAsync(opened, missing, cancellationToken).ConfigureAwait(false))
                {
                }
            }
            catch
            {
                DisposeAll(opened.Except(_current.Segments));
                throw;
            }

            Replace(opened);
            Sweep();
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>Writes a segment and makes it part of this index at once.</summary>
    /// <returns>Bytes written.</returns>
    public async Task<long> WriteSegmentAsync(List<NewChunk> chunks, PackList packs, CancellationToken cancellationToken)
    {
        chunks.Sort(static (left, right) => left.Id.CompareTo(right.Id));
        var infos = new Dictionary<int, PackInfo>();
        await using var writer = await SegmentWriter.CreateAsync(store, chunks.Count, key, cancellationToken).ConfigureAwait(false);
        foreach (var chunk in chunks)
        {
            if (!infos.TryGetValue(chunk.Pack, out var pack))
            {
                pack = infos[chunk.Pack] = new PackInfo(packs[chunk.Pack].Header, packs[chunk.Pack].Length);
            }

            await writer.AddAsync(chunk.Id, new ChunkLocation(pack, chunk.Offset, chunk.Length, chunk.ChunkLength), cancellationToken).ConfigureAwait(false);
        }

        await writer.CompleteAsync([], cancellationToken).ConfigureAwait(false);
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        return writer.Length;
    }

    public void Dispose()
    {
        foreach (var segment in _uses.Keys)
        {
            segment.Dispose();
        }

        _refreshing.Dispose();
    }

    bool TryFind(ChunkId id, LocationState worst, out ChunkLocation location)
    {
        var unusable = Unusable;
        var snapshot = Enter(out var stripe);
        try
        {
            location = default;
            var best = worst + 1;
            foreach (var segment in snapshot.Segments)
            {
                if (segment.TryFind(id, unusable, ref best, ref location) && best == LocationState.Good)
                {
                    break;
                }
            }

            return best <= worst;
        }
        finally
        {
            snapshot.Exit(stripe);
        }
    }

    // Whoever enters a snapshot that has just been replaced leaves it again untouched: so one that was once seen idle stays so.
    IndexSnapshot Enter(out int stripe)
    {
        while (true)
        {
            var snapshot = _current;
            stripe = snapshot.Enter();
            if (snapshot == _current)
            {
                return snapshot;
            }

            snapshot.Exit(stripe);
        }
    }

    /// <summary>Makes a list of open segments what the store lists; false when it must be listed again.</summary>
    /// <param name="opened">The open segments.</param>
    /// <param name="missing">Names that an earlier listing showed and that were not there.</param>
    /// <param name="cancellationToken">Cancels.</param>
    async Task<bool> ListAsync(List<IndexSegment> opened, HashSet<string> missing, CancellationToken cancellationToken)
    {
        var listed = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var info in store.ListAsync(ObjectNames.IndexSegments, cancellationToken).ConfigureAwait(false))
        {
            // A reader ignores names that it does not know.
            if (ObjectNames.TryParse(info.Name, out var id) && info.Name == ObjectNames.IndexSegment(id))
            {
                listed.Add(info.Name);
            }
        }

        var isWhole = _isListed;
        _isListed = true;
        _damaged = _damaged.Intersect(listed);
        foreach (var gone in opened.Where(segment => !listed.Contains(segment.Name)).ToArray())
        {
            isWhole = false;
            Drop(opened, gone);
        }

        var superseded = opened.SelectMany(segment => segment.Superseded).ToHashSet();
        var known = opened.Select(segment => segment.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in listed.Where(name => !known.Contains(name) && !_damaged.Contains(name) && !IsSuperseded(name, superseded)))
        {
            var (segment, exists) = await OpenAsync(name, cancellationToken).ConfigureAwait(false);
            if (!exists && !missing.Add(name))
            {
                // Listed again after it was seen to be gone: it does not go, and looking for ever does not help.
                _damaged = _damaged.Add(name);
                continue;
            }

            isWhole &= exists;
            if (segment is not null)
            {
                opened.Add(segment);
                superseded.UnionWith(segment.Superseded);
            }
        }

        _damaged = _damaged.Except(_damaged.Where(name => IsSuperseded(name, superseded)));
        foreach (var old in opened.Where(segment => superseded.Contains(segment.Id)).ToArray())
        {
            Drop(opened, old);
        }

        return isWhole;
    }

    void Drop(List<IndexSegment> opened, IndexSegment segment)
    {
        opened.Remove(segment);
        if (!_uses.ContainsKey(segment))
        {
            segment.Dispose(); // opened in this refresh; nobody has seen it
        }
    }

    static bool IsSuperseded(string name, HashSet<RandomId> superseded) => ObjectNames.TryParse(name, out var id) && superseded.Contains(id);

    static void DisposeAll(IEnumerable<IndexSegment> segments)
    {
        foreach (var segment in segments)
        {
            segment.Dispose();
        }
    }

    void Replace(List<IndexSegment> active)
    {
        if (_current.Segments.ToHashSet().SetEquals(active))
        {
            return;
        }

        // Larger segments first: most chunks are in them.
        var next = new IndexSnapshot([.. active.OrderByDescending(segment => segment.Count)]);
        foreach (var segment in active)
        {
            _uses[segment] = _uses.GetValueOrDefault(segment) + 1;
        }

        _retired.Add(_current);
        _current = next;
        Interlocked.MemoryBarrier();
    }

    void Sweep()
    {
        foreach (var snapshot in _retired.Where(snapshot => snapshot.IsIdle).ToArray())
        {
            _retired.Remove(snapshot);
            foreach (var segment in snapshot.Segments)
            {
                if (--_uses[segment] == 0)
                {
                    _uses.Remove(segment);
                    segment.Dispose();
                }
            }
        }
    }

    async Task<(IndexSegment? Segment, bool Exists)> OpenAsync(string name, CancellationToken cancellationToken)
    {
        ObjectView? view = null;
        try
        {
            view = await store.MapAsync(name, cancellationToken).ConfigureAwait(false);
            var segment = IndexSegment.Open(name, view, key);
            view = null;
            return (segment, true);
        }
        catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.Damaged or RepositoryErrorCodes.UnsupportedVersion)
        {
            _damaged = _damaged.Add(name);
            return (null, true);
        }
        catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.NotFound)
        {
            return (null, false); // removed between the listing and now: its successor is there
        }
        finally
        {
            view?.Dispose();
        }
    }
}
