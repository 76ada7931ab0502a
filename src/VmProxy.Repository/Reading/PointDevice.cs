using System.Runtime.CompilerServices;
using VmProxy.Blocks;
using VmProxy.Repository.Index;
using VmProxy.Repository.Maps;

namespace VmProxy.Repository.Reading;

/// <summary>A disk of a restore point. Every byte read is proved by its frame's seal and its chunk's id.</summary>
internal sealed class PointDevice(ChunkReader reader, MapReader map, int maxInFlight) : IBlockDevice
{
    const int ReadSize = 1 << 20;

    public long Length => map.Map.Length;

    public int SectorSize => 512;

    public int PreferredReadSize => ReadSize;

    public int MaxInFlight => maxInFlight;

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        CheckRange(offset, buffer.Length);
        DecodedFrame? frame = null;
        ChunkLocation held = default;
        try
        {
            var chunkSize = map.Map.ChunkSize;
            while (buffer.Length > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (chunk, start) = Math.DivRem(offset, chunkSize);
                var part = buffer[..(int)Math.Min(chunkSize - start, buffer.Length)];
                var id = await ChunkIdAsync(chunk, cancellationToken).ConfigureAwait(false);
                if (id.IsNull)
                {
                    part.Span.Clear();
                }
                else
                {
                    if (frame is null || !reader.TryFind(id, out var location)
                        || location.Offset != held.Offset || location.Pack.Header.Id != held.Pack.Header.Id)
                    {
                        frame?.Release();
                        frame = null;
                        (frame, held) = await reader.FrameAsync(id, cancellationToken).ConfigureAwait(false);
                    }

                    Copy(reader.Chunk(frame, id, held).Span, (int)start, part.Span);
                }

                offset += part.Length;
                buffer = buffer[part.Length..];
            }
        }
        finally
        {
            frame?.Release();
        }
    }

    public async IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        CheckRange(offset, length);
        var end = offset + length;
        var chunkSize = map.Map.ChunkSize;
        var run = new BlockRun(offset, 0, BlockRunKind.Hole);
        while (run.End < end)
        {
            var chunk = run.End / chunkSize;
            var step = await map.StepAsync(chunk / MapShape.LeafSlots, cancellationToken).ConfigureAwait(false);
            var slots = step.Problem is null ? step.Slots : throw step.Problem;
            var slot = (int)(chunk % MapShape.LeafSlots);
            var isData = slots is not null && slot < slots.Length && !slots[slot].IsNull;

            // A leaf's absent tail, and a subtree of zeros, is one step.
            var after = slots is null || slot >= slots.Length ? step.End * MapShape.LeafSlots : chunk + 1;
            var next = Math.Min(end, after * chunkSize);
            var kind = isData ? BlockRunKind.Data : BlockRunKind.Hole;
            if (kind != run.Kind && run.Length > 0)
            {
                yield return run;
                run = new BlockRun(run.End, 0, kind);
            }

            run = new BlockRun(run.Offset, next - run.Offset, kind);
        }

        if (run.Length > 0)
        {
            yield return run;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // A chunk that was the disk's short last one before the disk grew is followed by zeros.
    static void Copy(ReadOnlySpan<byte> chunk, int start, Span<byte> destination)
    {
        var available = Math.Clamp(chunk.Length - start, 0, destination.Length);
        if (available > 0)
        {
            chunk.Slice(start, available).CopyTo(destination);
        }

        destination[available..].Clear();
    }

    async ValueTask<ChunkId> ChunkIdAsync(long chunk, CancellationToken cancellationToken)
    {
        var (leaf, slot) = Math.DivRem(chunk, MapShape.LeafSlots);
        var slots = await map.LeafAsync(leaf, cancellationToken).ConfigureAwait(false);
        return slots is not null && slot < slots.Length ? slots[slot] : default;
    }

    void CheckRange(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
    }
}
