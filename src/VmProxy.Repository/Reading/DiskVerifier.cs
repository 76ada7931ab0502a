using VmProxy.Repository.Index;
using VmProxy.Repository.Maps;

namespace VmProxy.Repository.Reading;

/// <summary>
/// Proves a disk: window by window (16 GiB of data at 64 KiB), the window's chunks are sorted by pack and offset, and each frame is read once.
/// </summary>
internal sealed class DiskVerifier(ChunkReader reader, MapReader map, int framesInFlight)
{
    const int WindowLeaves = 256;
    readonly DamageList _damage = new(map.Map.Length, map.Map.ChunkSize);
    long _chunksRead;
    long _bytesRead;

    /// <summary>The frames that did not prove themselves.</summary>
    public IReadOnlyCollection<(RandomId Pack, uint Offset)> DamagedFrames => _damage.Frames;

    public async Task<VerifyResult> RunAsync(IProgress<VerifyProgress>? progress, CancellationToken cancellationToken)
    {
        var leaves = MapShape.Pages(map.Chunks, 0);
        for (var next = 0L; next < leaves;)
        {
            (var uses, next) = await CollectAsync(next, leaves, cancellationToken).ConfigureAwait(false);
            await Parallel.ForEachAsync(
                Frames(uses),
                new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = framesInFlight },
                (frame, token) => ProveAsync(uses, frame, token)).ConfigureAwait(false);
            _damage.EndWindow();
            progress?.Report(new VerifyProgress(Math.Min(map.Map.Length, next * MapShape.LeafSlots * map.Map.ChunkSize), map.Map.Length));
        }

        return _damage.ToResult(_chunksRead, _bytesRead);
    }

    /// <summary>The chunks of the next leaves that hold any, and the leaf to go on with.</summary>
    async Task<(List<Use> Uses, long Next)> CollectAsync(long first, long leaves, CancellationToken cancellationToken)
    {
        var uses = new List<Use>();
        var missing = reader.MissingChunks();
        var leaf = first;
        for (var looked = 0; leaf < leaves && looked < WindowLeaves;)
        {
            var step = await map.StepAsync(leaf, cancellationToken).ConfigureAwait(false);
            var from = leaf * MapShape.LeafSlots;
            leaf = step.End;
            looked += step.Slots is null && step.Problem is null ? 0 : 1;
            if (step.Problem is { } problem)
            {
                _damage.Add(from, Math.Min(map.Chunks, leaf * MapShape.LeafSlots) - from, null, problem.Message, problem.Frame);
            }

            // What a leaf says beyond the disk's end is nothing of the disk.
            var slots = step.Slots ?? [];
            for (var slot = 0; slot < Math.Min(slots.Length, map.Chunks - from); slot++)
            {
                var chunk = from + slot;
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
                    _damage.Add(chunk, 1, null, missing, null);
                }
            }
        }

        uses.Sort(static (left, right) =>
        {
            var order = left.Location.Pack.Header.Id.CompareTo(right.Location.Pack.Header.Id);
            order = order != 0 ? order : left.Location.Offset.CompareTo(right.Location.Offset);
            return order != 0 ? order : left.Id.CompareTo(right.Id);
        });
        return (uses, leaf);
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
                AddDamage(use, "the frame does not hold the chunks of this range as they were written", error);
            }

            if (problem is not null)
            {
                AddDamage(use, problem.FrameProblem, problem);
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
                AddDamage(uses[i], error.FrameProblem, error);
            }
        }
    }

    void AddDamage(Use use, string? what, RepositoryException error) =>
        _damage.Add(use.Chunk, 1, what is null ? null : use.Location, what ?? error.Message, error.Frame);

    readonly record struct Use(long Chunk, ChunkId Id, ChunkLocation Location);
}
