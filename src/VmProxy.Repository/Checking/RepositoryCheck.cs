using System.Collections.Frozen;
using VmProxy.Repository.Index;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Maintenance;
using VmProxy.Repository.Packs;
using VmProxy.Repository.Reading;

namespace VmProxy.Repository.Checking;

/// <summary>
/// One check, from top to bottom. It holds no lock: what a prune removes meanwhile is looked for again before it counts as damage, and what
/// writers add is left to the next check.
/// </summary>
internal sealed class RepositoryCheck : IDisposable
{
    const int LooksAtVanished = 3;

    readonly BackupRepository _repository;
    readonly CheckOptions _options;
    readonly IProgress<CheckProgress>? _progress;
    readonly DamageBook _book = new();
    readonly StoreReader _reader;
    readonly ChunkIndex _index;
    readonly int _workers;
    readonly long _began;
    string? _notKept;

    public RepositoryCheck(BackupRepository repository, CheckOptions options, IProgress<CheckProgress>? progress)
    {
        (_repository, _options, _progress) = (repository, options, progress);
        _reader = new StoreReader(repository.Store);
        _workers = repository.Tuning.CheckWorkers;

        // An index of its own: the repository's may have proved parts long ago that have decayed since.
        _index = new ChunkIndex(repository.Store, repository.Keys.IndexKey);
        _began = repository.Time.GetTimestamp();
    }

    public async Task<CheckReport> RunAsync(CancellationToken cancellationToken)
    {
        // Points before packs and segments, as every reader: what a listed point needs was durable before it.
        var listed = await ListPointsAsync(cancellationToken).ConfigureAwait(false);
        var notes = new CheckNotes(new NoteStore(_repository.Store, _repository.Keys, _repository.Seal));
        var (table, replaced) = await notes.ReadAsync(cancellationToken).ConfigureAwait(false);
        var objects = await ListAsync(cancellationToken).ConfigureAwait(false);
        await _repository.Keys.RefreshAsync(cancellationToken).ConfigureAwait(false);
        await _index.RefreshAsync(cancellationToken).ConfigureAwait(false);

        var small = new SmallObjectsCheck(_reader, _repository.Keys, _repository.Seal, _repository.Zstd, _repository.Store.Location, _book);
        await small.RunAsync(objects.Values, _workers, cancellationToken).ConfigureAwait(false);
        await KeysAsync(objects, cancellationToken).ConfigureAwait(false);
        await SegmentsAsync(objects.Values, cancellationToken).ConfigureAwait(false);
        var packs = await PacksAsync(objects, table, cancellationToken).ConfigureAwait(false);
        var reading = new PackReading(_repository, _options, _progress, _reader, _index, _book, _workers, _began);
        var walk = NewWalk();
        try
        {
            await reading.RunAsync(packs, table, cancellationToken).ConfigureAwait(false);
            _index.Unusable = _book.Places();
            var points = listed ?? [.. small.Points.Values];
            await PointsAsync(walk, points, cancellationToken).ConfigureAwait(false);
            await ForgetRemovedAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // What was read is known, also when the rest was cancelled.
            if (reading.HasRead || !cancellationToken.IsCancellationRequested)
            {
                await SaveAsync(notes, table, replaced, packs, reading, isWhole: !cancellationToken.IsCancellationRequested).ConfigureAwait(false);
            }
        }

        return Report(objects, packs, small, reading, walk, table, (listed?.Count ?? small.Points.Count));
    }

    public void Dispose() => _index.Dispose();

    /// <summary>Null when one of the points cannot even be read by the store; the check of all objects names it.</summary>
    async Task<IReadOnlyList<RestorePoint>?> ListPointsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _repository.ListPointsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.StoreFailed)
        {
            await _reader.RequireStoreAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
    }

    async Task<Dictionary<string, ObjectInfo>> ListAsync(CancellationToken cancellationToken)
    {
        var objects = new Dictionary<string, ObjectInfo>(StringComparer.Ordinal);
        await foreach (var info in _repository.Store.ListAsync("", cancellationToken).ConfigureAwait(false))
        {
            objects[info.Name] = info;
        }

        return objects;
    }

    /// <summary>The ring that is in force must be there in all its copies, and each of its slots.</summary>
    async Task KeysAsync(Dictionary<string, ObjectInfo> objects, CancellationToken cancellationToken)
    {
        var keys = _repository.Keys;
        var sequence = keys.RingSequence;
        _ = ObjectNames.TryParse(_repository.Id, out var id);
        string[] rings = [.. Enumerable.Range(0, KeyRing.Copies).Select(copy => KeyRing.Name(id, sequence, copy))];
        string[] absent = [.. rings.Concat(keys.Slots.Select(ObjectNames.KeySlot)).Where(name => !objects.ContainsKey(name))];
        if (absent.Length == 0)
        {
            return;
        }

        await keys.RefreshAsync(cancellationToken).ConfigureAwait(false);
        foreach (var name in keys.RingSequence == sequence ? absent : [])
        {
            if (await _repository.Store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false) is null)
            {
                _book.Add(
                    CheckCodes.Key, name, 0, 0,
                    rings.Contains(name) ? "A copy of the key ring is missing; the other one serves." : "The key slot is missing: its key opens the repository no more.",
                    losesData: !rings.Contains(name));
            }
        }
    }

    async Task SegmentsAsync(IEnumerable<ObjectInfo> objects, CancellationToken cancellationToken)
    {
        var segments = objects.Where(info => info.Name.StartsWith(ObjectNames.IndexSegments, StringComparison.Ordinal) && SmallObjectsCheck.IsPackOrSegment(info.Name));
        var check = new SegmentCheck(_repository.Store, _reader, _repository.Keys.IndexKey, _book);
        await Workers.ForEachAsync(
            segments.ToAsyncEnumerable(), _workers, async (info, token) => await check.RunAsync(info, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All packs that exist, with what the index says of them; those that it names and that do not exist are noted.</summary>
    async Task<List<PackObject>> PacksAsync(Dictionary<string, ObjectInfo> objects, CheckTable table, CancellationToken cancellationToken)
    {
        var known = KnownPacks();
        var packs = new List<PackObject>();
        foreach (var info in objects.Values)
        {
            var isData = info.Name.StartsWith(ObjectNames.DataPacks, StringComparison.Ordinal);
            if ((isData || info.Name.StartsWith(ObjectNames.MetadataPacks, StringComparison.Ordinal))
                && SmallObjectsCheck.IsPackOrSegment(info.Name) && ObjectNames.TryParse(info.Name, out var id))
            {
                packs.Add(new PackObject(id, isData ? PackKind.Data : PackKind.Metadata, info.Length, known.GetValueOrDefault(id)));
            }
        }

        var absent = known.Values.Where(pack => !objects.ContainsKey(pack.Header.ObjectName)).ToArray();
        if (absent.Length > 0)
        {
            await AbsentAsync(absent, packs, table, cancellationToken).ConfigureAwait(false);
        }

        return packs;
    }

    /// <summary>A pack that was not listed may have been written since, or removed by a prune, whose new segments no longer name it.</summary>
    async Task AbsentAsync(IEnumerable<PackInfo> absent, List<PackObject> packs, CheckTable table, CancellationToken cancellationToken)
    {
        var condemned = await CondemnedAsync(_repository, cancellationToken).ConfigureAwait(false);
        await _index.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var known = KnownPacks();
        foreach (var pack in absent.Where(pack => known.ContainsKey(pack.Header.Id)))
        {
            var name = pack.Header.ObjectName;
            if (await _repository.Store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false) is { } length)
            {
                packs.Add(new PackObject(pack.Header.Id, pack.Header.Kind, length, pack));
            }
            else
            {
                _book.AddMissingPack(pack.Header.Id, name, condemned.Contains(pack.Header.Id) || table.IsMissing(pack.Header.Id));
            }
        }

        await _reader.RequireStoreAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The packs that a prune is about to delete: it removes them before the index forgets them.</summary>
    public static async Task<FrozenSet<RandomId>> CondemnedAsync(BackupRepository repository, CancellationToken cancellationToken)
    {
        try
        {
            return await CondemnedPacks.LoadAsync(new NoteStore(repository.Store, repository.Keys, repository.Seal), cancellationToken).ConfigureAwait(false);
        }
        catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.Damaged or RepositoryErrorCodes.UnsupportedVersion)
        {
            return []; // the note is named by the check of all notes
        }
    }

    Dictionary<RandomId, PackInfo> KnownPacks()
    {
        using var lease = _index.Acquire();
        var known = new Dictionary<RandomId, PackInfo>();
        foreach (var pack in lease.Segments.SelectMany(segment => segment.Packs))
        {
            known[pack.Header.Id] = pack;
        }

        return known;
    }

    MapWalk NewWalk()
    {
        var frames = new FrameReader(_repository.Store, _repository.Keys, _repository.Zstd);
        var reader = new ChunkReader(_index, new FrameCache(frames, _repository.Tuning.FrameCacheBytes / 4), frames, _repository.Keys);
        return new MapWalk(_index, reader, _book, _reader, _workers);
    }

    async Task PointsAsync(MapWalk walk, IReadOnlyList<RestorePoint> points, CancellationToken cancellationToken)
    {
        for (var look = 1; points.Count > 0; look++)
        {
            var hit = new List<RestorePoint>();
            foreach (var (number, point) in points.Index())
            {
                if (!await walk.PointAsync(point, cancellationToken).ConfigureAwait(false))
                {
                    hit.Add(point);
                }

                _progress?.Report(new CheckProgress("points", number + 1, points.Count));
            }

            if (hit.Count == 0 || look == LooksAtVanished)
            {
                return;
            }

            // Points that were deleted meanwhile need nothing any more; chunks that a prune moved are found elsewhere now.
            var listed = await ListPointsAsync(cancellationToken).ConfigureAwait(false);
            var ids = listed?.Select(point => point.Id).ToHashSet(StringComparer.Ordinal);
            points = [.. hit.Where(point => ids is null || ids.Contains(point.Id))];
            if (!await HasMovedAsync(cancellationToken).ConfigureAwait(false) && points.Count == hit.Count)
            {
                return;
            }

            _book.ForgetUses();
            _index.Unusable = _book.Places();
        }
    }

    /// <summary>Whether a prune has removed points, segments or packs since they were looked at; what went is no damage.</summary>
    async Task<bool> HasMovedAsync(CancellationToken cancellationToken)
    {
        var before = KnownPacks();
        var segments = SegmentNames();
        await _index.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var after = KnownPacks();
        foreach (var pack in before.Values.Where(pack => !after.ContainsKey(pack.Header.Id)))
        {
            _book.Forget(pack.Header.ObjectName);
        }

        return !segments.SetEquals(SegmentNames());
    }

    /// <summary>An object that no point needs and that is not there any more was removed while it was looked at.</summary>
    async Task ForgetRemovedAsync(CancellationToken cancellationToken)
    {
        var known = KnownPacks();
        foreach (var finding in _book.Findings().Where(finding => finding.Length > 0 && finding.Uses.Count == 0))
        {
            var isNamed = ObjectNames.TryParse(finding.Object, out var id) && known.ContainsKey(id);
            if (!isNamed && await _reader.IsGoneAsync(finding.Object, cancellationToken).ConfigureAwait(false))
            {
                _book.Forget(finding.Object);
            }
        }

        await _reader.RequireStoreAsync(cancellationToken).ConfigureAwait(false);
    }

    HashSet<string> SegmentNames()
    {
        using var lease = _index.Acquire();
        return [.. lease.Segments.Select(segment => segment.Name)];
    }

    async Task SaveAsync(
        CheckNotes notes, CheckTable table, IReadOnlyList<string> replaced, List<PackObject> packs, PackReading reading, bool isWhole)
    {
        var now = (uint)_repository.Time.GetUtcNow().ToUnixTimeSeconds();
        var before = table.ToNote();
        var known = KnownPacks();
        var existing = packs.Select(pack => pack.Id).ToHashSet();
        table.KeepOnly(pack => existing.Contains(pack) || known.ContainsKey(pack));
        foreach (var pack in reading.Read)
        {
            table.SetRead(pack.Id, now);
        }

        var places = _book.Places();
        foreach (var frames in places.DamagedFrames.GroupBy(frame => frame.Pack, frame => frame.Offset))
        {
            table.AddDamage(frames.Key, now, frames);
        }

        foreach (var pack in _book.DamagedEnds())
        {
            table.AddDamage(pack, now, []);
        }

        foreach (var pack in table.DamagedPacks.Where(pack => existing.Contains(pack) && table.IsMissing(pack)).ToArray())
        {
            table.ClearDamage(pack); // it came back
        }

        foreach (var pack in places.DamagedPacks)
        {
            table.AddDamage(pack, now, null);
        }

        if (isWhole)
        {
            table.Unknown = _book.HasUses(CheckCodes.ChunkUnknown) ? now : null;
        }

        if (!reading.HasRead && replaced.Count <= 1 && before.SaysTheSame(table.ToNote()))
        {
            return;
        }

        try
        {
            await notes.ReplaceAsync(table, replaced, CancellationToken.None).ConfigureAwait(false);
        }
        catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.NoSpace or RepositoryErrorCodes.StoreFailed)
        {
            // A full or write-protected store can be checked all the same.
            await _reader.RequireStoreAsync(CancellationToken.None).ConfigureAwait(false);
            _notKept = error.Message;
        }
    }

    CheckReport Report(
        Dictionary<string, ObjectInfo> objects, List<PackObject> packs, SmallObjectsCheck small, PackReading reading, MapWalk walk, CheckTable table, int points)
    {
        var times = packs.Select(pack => table.ReadAt(pack.Id)).ToArray();
        return new CheckReport
        {
            Points = points,
            Pages = walk.Pages,
            Chunks = walk.Chunks,
            Objects = objects.Count - small.Foreign,
            Packs = packs.Count,
            PacksRead = reading.Read.Count,
            BytesRead = reading.Read.Sum(pack => pack.Length),
            PacksNeverRead = times.Count(time => time == 0),
            OldestRead = times.Length == 0 || times.Min() == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(times.Min()),
            UnusedPacks = packs.Count(pack => pack.Known is null),
            ForeignObjects = small.Foreign,
            NotKept = _notKept,
            Findings = _book.Findings(),
        };
    }
}
