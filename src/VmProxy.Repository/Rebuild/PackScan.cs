using System.Buffers;
using System.Buffers.Binary;
using VmProxy.Repository.Checking;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Rebuild;

/// <summary>
/// Finds the frames of a pack whose trailer is damaged by reading all of it. Frame headers are in the clear, so each frame is opened and its
/// chunks are proved before it counts: an index must not send a writer's deduplication to bytes that are not there.
/// </summary>
internal sealed class PackScan(TrailerReader reader, FrameProof proof, Action<RebuildDamage> report)
{
    const int Window = 1 << 20;
    const long MaxRecordLength = FrameRecord.MaxRawLength + (FrameRecord.MaxChunks * FrameRecord.EntryLength) + 64L;

    public async Task<List<ListedFrame>> RunAsync(PackHeader header, byte[] key, long length, CancellationToken cancellationToken)
    {
        var frames = new List<ListedFrame>();
        var position = (long)PackHeader.Length;
        var end = position; // of the last frame that counts
        while (await FindAsync(header.ObjectName, position, length, cancellationToken).ConfigureAwait(false) is { } found)
        {
            var known = frames.Count;
            position = await FrameAsync(header, key, found, length, frames, cancellationToken).ConfigureAwait(false);
            if (frames.Count > known)
            {
                if (found > end)
                {
                    report(new RebuildDamage(header.ObjectName, end, $"{found - end} bytes belong to no frame that can be read."));
                }

                end = position;
            }
        }

        return frames;
    }

    /// <summary>Proves the frame at a position and returns where to go on.</summary>
    async ValueTask<long> FrameAsync(
        PackHeader header, byte[] key, long position, long length, List<ListedFrame> frames, CancellationToken cancellationToken)
    {
        var start = new byte[FrameRecord.FixedLength];
        if (position + start.Length > length)
        {
            return length;
        }

        await reader.ReadAsync(header.ObjectName, position, start, cancellationToken).ConfigureAwait(false);
        var record = FrameRecord.RecordLength(BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(8)), 0)
            + (long)BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(16));
        if (record > MaxRecordLength || position + record > length)
        {
            return position + 1; // no frame: these four letters in the middle of a payload
        }

        var buffer = ArrayPool<byte>.Shared.Rent(PackHeader.Length + (int)record);
        try
        {
            header.Write(buffer);
            await reader.ReadAsync(header.ObjectName, position, buffer.AsMemory(PackHeader.Length, (int)record), cancellationToken).ConfigureAwait(false);
            if (FrameRecord.TryReadHeader(buffer.AsSpan(PackHeader.Length, (int)record), out _) is not null)
            {
                return position + 1;
            }

            if (proof.Run(header, key, buffer.AsSpan(0, PackHeader.Length + (int)record)) is { } problem)
            {
                report(new RebuildDamage(header.ObjectName, position, $"At byte {position}, {problem}."));
                return position + 1;
            }

            var count = BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(8));
            frames.Add(new ListedFrame((uint)position, (uint)record, TrailerReader.EntriesOf(buffer.AsSpan(PackHeader.Length), count)));
            return position + record;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Where a frame may begin next, or null.</summary>
    async ValueTask<long?> FindAsync(string name, long position, long length, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Window);
        try
        {
            // As a rule the next frame begins right there.
            for (var size = FrameRecord.FixedLength; position + FrameRecord.FixedLength <= length; size = Window)
            {
                var window = buffer.AsMemory(0, (int)Math.Min(size, length - position));
                await reader.ReadAsync(name, position, window, cancellationToken).ConfigureAwait(false);
                var at = window.Span.IndexOf(FrameRecord.Magic);
                if (at >= 0)
                {
                    return position + at;
                }

                position += window.Length - FrameRecord.Magic.Length + 1;
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
