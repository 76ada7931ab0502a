using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Checking;

/// <summary>Reads every byte of a pack in order and accounts for each: frames, which are proved, the two ends, and what belongs to neither.</summary>
internal sealed class PackWalk(StoreReader reader, KeySet keys, FrameProof proof, DamageBook book)
{
    const int PieceLength = 1 << 20;

    // A frame of 4 MiB plain bytes, or of as many chunks as its header can list.
    const long MaxRecordLength = FrameRecord.MaxRawLength + (FrameRecord.MaxChunks * FrameRecord.EntryLength) + 64L;

    /// <param name="pack">The pack.</param>
    /// <param name="ends">What its ends say.</param>
    /// <param name="indexed">The frames that the index names, ascending: what is to be found where the trailer cannot tell.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>False when the pack was removed meanwhile.</returns>
    public async Task<bool> RunAsync(PackObject pack, PackEnds ends, IReadOnlyList<FrameExtent> indexed, CancellationToken cancellationToken)
    {
        var run = new Run(pack, ends.Header, KeyOf(pack, ends.Header));
        if (!await PieceAsync(run, 0, PackHeader.Length, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        var position = (long)PackHeader.Length;
        foreach (var frame in ends.Frames ?? indexed)
        {
            if (frame.Offset < position)
            {
                continue; // the index knows two frames that overlap: not both can be
            }

            if (!await BetweenAsync(run, position, Math.Min(frame.Offset, pack.Length), cancellationToken).ConfigureAwait(false)
                || !await FrameAsync(run, frame, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            position = frame.End;
        }

        // Without a trailer it is not known where the frames end: the walk by frame headers finds out.
        var framesEnd = ends.Frames is null ? await WalkAsync(run, position, Math.Min(ends.TrailerOffset, pack.Length), cancellationToken).ConfigureAwait(false) : position;
        if (framesEnd is not { } rest || !await PieceAsync(run, Math.Min(rest, pack.Length), pack.Length, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        CheckSum(run, ends);
        return true;
    }

    byte[]? KeyOf(PackObject pack, PackHeader header)
    {
        try
        {
            return keys.PackKey(header.Epoch, header.Id, pack.Name);
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged)
        {
            return null; // an epoch that no ring knows: none of its frames can be opened
        }
    }

    // The last thing to find is a flip in the footer's checksum itself: all else has a proof of its own.
    void CheckSum(Run run, PackEnds ends)
    {
        if (!run.IsDamaged && ends.Frames is not null && run.Pack.Length == run.Pack.End
            && BinaryPrimitives.ReadUInt32LittleEndian(run.Last) != run.BeforeLast)
        {
            book.Add(
                CheckCodes.PackFrame, run.Pack.Name, run.Pack.End - PackTrailer.FooterLength, PackTrailer.FooterLength,
                "The pack's footer does not hold the checksum of its bytes.");
        }
    }

    /// <summary>Bytes between frames that the index names: frames that it does not know, or nothing that can be.</summary>
    async ValueTask<bool> BetweenAsync(Run run, long position, long end, CancellationToken cancellationToken)
    {
        if (position >= end)
        {
            return true;
        }

        if (await WalkAsync(run, position, end, cancellationToken).ConfigureAwait(false) is not { } reached)
        {
            return false;
        }

        if (reached < end)
        {
            run.IsDamaged = true;
            book.Add(CheckCodes.PackGap, run.Pack.Name, reached, end - reached, "These bytes belong to no frame that can be read.");
        }

        return await PieceAsync(run, reached, end, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Goes from frame to frame by their own headers.</summary>
    /// <returns>Where that ended; null when the pack was removed meanwhile.</returns>
    async ValueTask<long?> WalkAsync(Run run, long position, long end, CancellationToken cancellationToken)
    {
        var start = new byte[FrameRecord.FixedLength];
        while (position + start.Length <= end)
        {
            var outcome = await reader.ReadAsync(run.Pack.Name, position, start, cancellationToken).ConfigureAwait(false);
            if (outcome == ReadOutcome.Gone)
            {
                return null;
            }

            var length = FrameRecord.RecordLength(BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(8)), 0)
                + (long)BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(16));
            if (outcome != ReadOutcome.Read || !FrameRecord.Begins(start) || length > MaxRecordLength || position + length > end)
            {
                break;
            }

            if (!await FrameAsync(run, new FrameExtent(position, length), cancellationToken).ConfigureAwait(false))
            {
                return null;
            }

            position += length;
        }

        return position;
    }

    async ValueTask<bool> FrameAsync(Run run, FrameExtent frame, CancellationToken cancellationToken)
    {
        if (frame.Length > MaxRecordLength || frame.End > uint.MaxValue)
        {
            run.IsDamaged = true;
            book.AddFrame(run.Pack.Id, run.Pack.Name, frame.Offset, frame.Length, "The frame has an impossible length.");
            return true;
        }

        var length = (int)frame.Length;
        var buffer = ArrayPool<byte>.Shared.Rent(PackHeader.Length + length);
        try
        {
            run.Header.Write(buffer);
            var record = buffer.AsMemory(PackHeader.Length, length);
            var outcome = await reader.ReadAsync(run.Pack.Name, frame.Offset, record, cancellationToken).ConfigureAwait(false);
            var problem = outcome switch
            {
                ReadOutcome.Read when run.Key is { } key => proof.Run(run.Header, key, buffer.AsSpan(0, PackHeader.Length + length)),
                ReadOutcome.Read => $"no key ring knows its key epoch {run.Header.Epoch}",
                ReadOutcome.Short => "the pack is cut off",
                ReadOutcome.Unreadable => "the store cannot read it",
                _ => null,
            };
            run.Append(record.Span);
            if (problem is not null)
            {
                run.IsDamaged = true;
                book.AddFrame(run.Pack.Id, run.Pack.Name, frame.Offset, frame.Length, $"At byte {frame.Offset}, {problem}.");
            }

            return outcome != ReadOutcome.Gone;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    async ValueTask<bool> PieceAsync(Run run, long position, long end, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            while (position < end)
            {
                var piece = buffer.AsMemory(0, (int)Math.Min(PieceLength, end - position));
                var outcome = await reader.ReadAsync(run.Pack.Name, position, piece, cancellationToken).ConfigureAwait(false);
                if (outcome == ReadOutcome.Gone)
                {
                    return false;
                }

                if (outcome == ReadOutcome.Unreadable)
                {
                    run.IsDamaged = true;
                    book.Add(CheckCodes.Unreadable, run.Pack.Name, position, piece.Length, "The store cannot read these bytes.");
                }

                run.Append(piece.Span);
                position += piece.Length;
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The checksum of what was read, as it stood before the last eight bytes, and those.</summary>
    sealed class Run(PackObject pack, PackHeader header, byte[]? key)
    {
        readonly Crc32 _crc = new();
        readonly byte[] _last = new byte[8];
        int _held;

        public PackObject Pack => pack;

        public PackHeader Header => header;

        public byte[]? Key => key;

        public bool IsDamaged { get; set; }

        public ReadOnlySpan<byte> Last => _last;

        public uint BeforeLast => _crc.GetCurrentHashAsUInt32();

        public void Append(ReadOnlySpan<byte> bytes)
        {
            var leave = Math.Max(0, _held + bytes.Length - _last.Length);
            var fromHeld = Math.Min(leave, _held);
            _crc.Append(_last.AsSpan(0, fromHeld));
            _crc.Append(bytes[..(leave - fromHeld)]);
            _last.AsSpan(fromHeld, _held - fromHeld).CopyTo(_last);
            bytes[(leave - fromHeld)..].CopyTo(_last.AsSpan(_held - fromHeld));
            _held += bytes.Length - leave;
        }
    }
}
