using VmProxy.Repository.Index;
using VmProxy.Repository.Maps;

namespace VmProxy.Repository.Reading;

/// <summary>
/// Proves a disk: window by window (16 GiB at 64 KiB), the window's chunks are sorted by pack and offset, and each frame is read once.
/// </summary>
internal sealed class DiskVerifier(ChunkReader reader, MapReader map, int framesInFlight)
{
    const int WindowLeaves = 256;
    readonly Lock _lock = new();
    readonly List<DamagedRange> _damaged = [];
    readonly HashSet<(RandomId Pack, uint Offset)> _frames = [];
    long _chunksRead;
    long _bytesRead;

    /// <summary>The frames that did not prove themselves.</summary>
    public IReadOnlyCollection<(RandomId Pack, uint Offset)> DamagedFrames => _frames;

    public async Task<VerifyResult> RunAsync(IProgress<VerifyProgress>? progress, CancellationToken cancellationToken)
    {
        var leaves = MapShape.Pages(map.Chunks, 0);
        for (var first = 0L; first < leaves; first += WindowLeaves)
        {
            var end = Math.Min(leaves, first + WindowLeaves);
            var uses = await CollectAsync(first, end, cancellationToken).ConfigureAwait(false);
            await Parallel.ForEachAsync(
                Frames(uses),
                new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = framesInFlight },
                (frame, token) => ProveAsync(uses, frame, token)).ConfigureAwait(false);
            progress?.Report(new VerifyProgress(Math.Min(map.Map.Length, end * MapShape.LeafSlots * map.Map.ChunkSize), map.Map.Length));
        }

        return new VerifyResult(_chunksRead, _bytesRead, Coalesce());
    }

    async Task<List<Use>> CollectAsync(long first, long end, CancellationToken cancellationToken)
    {
        var uses = new List<Use>();
        for (var leaf = first; leaf < end; leaf++)
        {
            ChunkId[]? slots;
            try
            {
                slots = await map.LeafAsync(leaf, cancellationToken).ConfigureAwait(false);
            }
            catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged)
            {
                AddDamage(leaf * MapShape.LeafSlots, MapShape.LeafSlots, error.Message, error.Frame);
                continue;
            }

            for (var slot = 0; slot < slots?.Length; slot++)
            {
                var chunk = (leaf * MapShape.LeafSlots) + slot;
                if (slots[slot].IsNull)
                {
                    continue;
                }

                if (reader.TryFind(slots[slot], out var location))
                {
                    uses.Add(new Use(chunk, slots[slot], location));
                }
                else
                {
                    AddDamage(chunk, 1, reader.Missing(slots[slot]).Message);
                }
            }
        }

        uses.Sort(static (left, right) =>
        {
            var order = left.Location.Pack.Header.Id.CompareTo(right.Location.Pack.Header.Id);
            order = order != 0 ? order : left.Location.Offset.CompareTo(right.Location.Offset);
            return order != 0 ? order : left.Id.CompareTo(right.Id);
        });
        return uses;
    }

    static IEnumerable<Range> Frames(List<Use> uses)
    {
        for (var (start, i) = (0, 1); i <= uses.Count; i++)
        {
            if (i == uses.Count || !IsSameFrame(uses[start].Location, uses[i].Location))
            {
                yield return start..i;
                start = i;
            }
        }
    }

    static bool IsSameFrame(ChunkLocation left, ChunkLocation right) =>
        left.Offset == right.Offset && left.Pack.Header.Id == right.Pack.Header.Id;

    async ValueTask ProveAsync(List<Use> uses, Range range, CancellationToken cancellationToken)
    {
        DecodedFrame? frame = null;
        RepositoryException? problem = null;
        try
        {
            frame = await reader.Frames.ReadAsync(uses[range.Start.Value].Location, cancellationToken).ConfigureAwait(false);
        }
        catch (RepositoryException error) when (FrameReader.IsPackMissing(error))
        {
            await ProveMovedAsync(uses, range, cancellationToken).ConfigureAwait(false);
            return;
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged)
        {
            problem = error;
        }

        var previous = default(ChunkId);
        for (var i = range.Start.Value; i < range.End.Value; i++)
        {
            var use = uses[i];
            try
            {
                var length = frame is null ? 0 : reader.Chunk(frame, use.Id, use.Location).Length;
                if (frame is not null && use.Id != previous)
                {
                    Interlocked.Increment(ref _chunksRead);
                    Interlocked.Add(ref _bytesRead, length);
                    previous = use.Id;
                }
            }
            catch (RepositoryException error)
            {
                AddDamage(use.Chunk, 1, error.Message, error.Frame);
            }

            if (problem is not null)
            {
                AddDamage(use.Chunk, 1, problem.Message, problem.Frame);
            }
        }

        frame?.Release();
    }

    // A prune deleted the pack since its place was looked up; what is used of it is elsewhere.
    async ValueTask ProveMovedAsync(List<Use> uses, Range range, CancellationToken cancellationToken)
    {
        for (var i = range.Start.Value; i < range.End.Value; i++)
        {
            try
            {
                var (frame, location) = await reader.FrameAsync(uses[i].Id, uses[i].Location, cancellationToken).ConfigureAwait(false);
                try
                {
                    Interlocked.Add(ref _bytesRead, reader.Chunk(frame, uses[i].Id, location).Length);
                    Interlocked.Increment(ref _chunksRead);
                }
                finally
                {
                    frame.Release();
                }
            }
            catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged)
            {
                AddDamage(uses[i].Chunk, 1, error.Message, error.Frame);
            }
        }
    }

    void AddDamage(long chunk, long chunks, string message, (RandomId Pack, uint Offset)? frame = null)
    {
        var offset = chunk * map.Map.ChunkSize;
        lock (_lock)
        {
            if (frame is { } place)
            {
                _frames.Add(place);
            }

            _damaged.Add(new DamagedRange(offset, Math.Min(chunks * map.Map.ChunkSize, map.Map.Length - offset), message));
        }
    }

    List<DamagedRange> Coalesce()
    {
        var ranges = new List<DamagedRange>();
        foreach (var range in _damaged.OrderBy(range => range.Offset))
        {
            if (ranges.Count > 0 && ranges[^1] is var last && last.Offset + last.Length == range.Offset && last.Message == range.Message)
            {
                ranges[^1] = last with { Length = last.Length + range.Length };
            }
            else
            {
                ranges.Add(range);
            }
        }

        return ranges;
    }

    readonly record struct Use(long Chunk, ChunkId Id, ChunkLocation Location);
}
