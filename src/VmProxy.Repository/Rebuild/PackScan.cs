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
    const long MaxRecordLength = FrameRecord.MaxRawLength + (FrameRecord.MaxChunks * FrameRecord.EntryLength) + 64L;

    // Whoever can write to the store can make a pack of nothing but beginnings of frames. Damage that came by itself stays far below this.
    const long VainPerByte = 16;
    const long VainAtLeast = 256L << 20;
    const int Named = 100;
    int _unproved;

    public async Task<List<ListedFrame>> RunAsync(PackHeader header, byte[] key, long length, CancellationToken cancellationToken)
    {
        var frames = new List<ListedFrame>();
        var window = new PackWindow(reader, header.ObjectName, length);
        var position = (long)PackHeader.Length;
        var end = position; // of the last frame that counts
        var vain = (length * VainPerByte) + VainAtLeast;
        while (await FindAsync(window, position, cancellationToken).ConfigureAwait(false) is { } found)
        {
            if (vain < 0)
            {
                report(new RebuildDamage(header.ObjectName, found, $"What looks like frames is none; {length - found} bytes were not searched."));
                break;
            }

            var (next, frame, work) = await FrameAsync(window, header, key, found, cancellationToken).ConfigureAwait(false);
            position = next;
            vain -= frame is null ? work : 0;
            if (frame is { } proved)
            {
                frames.Add(proved);
                if (found > end)
                {
                    report(new RebuildDamage(header.ObjectName, end, $"{found - end} bytes belong to no frame that can be read."));
                }

                end = position;
            }
        }

        if (_unproved > Named)
        {
            report(new RebuildDamage(header.ObjectName, end, $"{_unproved - Named} more frames do not prove themselves."));
        }

        return frames;
    }

    /// <summary>Proves the frame at a position; says where to go on, and how many bytes were looked at.</summary>
    async ValueTask<(long Next, ListedFrame? Frame, long Work)> FrameAsync(
        PackWindow window, PackHeader pack, byte[] key, long position, CancellationToken cancellationToken)
    {
        var start = await window.AtAsync(position, FrameRecord.FixedLength, cancellationToken).ConfigureAwait(false);
        var chunks = BinaryPrimitives.ReadUInt16LittleEndian(start.Span[8..]);
        var headerLength = FrameRecord.HeaderLength(chunks);
        var payload = (long)BinaryPrimitives.ReadUInt32LittleEndian(start.Span[16..]);
        var length = FrameRecord.RecordLength(chunks, 0) + payload;
        if (chunks == 0 || length > MaxRecordLength || position + length > window.Length)
        {
            return (position + 1, null, 0); // no frame: these four letters in the middle of a payload
        }

        // The header proves by its checksum that it is one: only then the rest is worth reading.
        var header = await window.AtAsync(position, headerLength, cancellationToken).ConfigureAwait(false);
        if (!FrameRecord.IsHeader(header.Span))
        {
            return (position + 1, null, headerLength);
        }

        var record = await window.AtAsync(position, (int)length, cancellationToken).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(PackHeader.Length + (int)length);
        try
        {
            pack.Write(buffer);
            record.Span.CopyTo(buffer.AsSpan(PackHeader.Length));
            if (proof.Run(pack, key, buffer.AsSpan(0, PackHeader.Length + (int)length)) is { } problem)
            {
                // Its payload may hold whole frames all the same: when it is forged, or a file of another repository.
                if (++_unproved <= Named)
                {
                    report(new RebuildDamage(pack.ObjectName, position, $"At byte {position}, {problem}."));
                }

                return (position + headerLength, null, length);
            }

            var entries = TrailerReader.EntriesOf(buffer.AsSpan(PackHeader.Length), chunks);
            return (position + length, new ListedFrame((uint)position, (uint)length, entries), length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Where a frame may begin next, or null.</summary>
    static async ValueTask<long?> FindAsync(PackWindow window, long position, CancellationToken cancellationToken)
    {
        while (position + FrameRecord.FixedLength <= window.Length)
        {
            var bytes = await window.RestAsync(position, FrameRecord.FixedLength, cancellationToken).ConfigureAwait(false);
            var at = bytes.Span.IndexOf(FrameRecord.Magic);
            if (at >= 0)
            {
                return position + at + FrameRecord.FixedLength <= window.Length ? position + at : null;
            }

            position += bytes.Length - FrameRecord.Magic.Length + 1;
        }

        return null;
    }
}
