using System.Buffers.Binary;
using VmProxy.Repository.Index;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Checking;

/// <summary>Checks a pack's length, header, footer and trailer, and the trailer against the index, without reading its frames.</summary>
internal sealed class PackEndsCheck(StoreReader reader, KeySet keys, SealKind seal, ChunkIndex index, DamageBook book)
{
    /// <summary>Null when the pack was removed meanwhile.</summary>
    public async Task<PackEnds?> RunAsync(PackObject pack, CancellationToken cancellationToken)
    {
        CheckLength(pack);
        var end = Math.Min(pack.Length, pack.End);
        var (outcome, header) = await HeaderAsync(pack, cancellationToken).ConfigureAwait(false);
        if (outcome == ReadOutcome.Gone)
        {
            return null;
        }

        var usable = header ?? pack.Known?.Header ?? new PackHeader(pack.Id, pack.Kind, seal, keys.CurrentEpoch);
        await keys.EnsureEpochAsync(usable.Epoch, cancellationToken).ConfigureAwait(false);
        if (end != pack.End)
        {
            return new PackEnds(usable, null, end); // its trailer is cut off, which was said
        }

        var footer = end - PackTrailer.FooterLength;
        if (footer < PackHeader.Length || await FooterAsync(pack, footer, cancellationToken).ConfigureAwait(false) is not { } trailer)
        {
            return new PackEnds(usable, null, Math.Max(PackHeader.Length, footer));
        }

        var frames = await TrailerAsync(pack, usable, trailer, cancellationToken).ConfigureAwait(false);
        return new PackEnds(usable, header is null ? null : frames, trailer.Offset);
    }

    void CheckLength(PackObject pack)
    {
        if (pack.Length < pack.End)
        {
            book.Add(CheckCodes.PackLength, pack.Name, pack.Length, pack.End - pack.Length, $"The pack ends at byte {pack.Length}; it was written with {pack.End} bytes.");
        }
        else if (pack.Length > pack.End)
        {
            book.Add(CheckCodes.PackLength, pack.Name, pack.End, pack.Length - pack.End, $"The pack has {pack.Length - pack.End} bytes after its end.");
        }
    }

    async ValueTask<(ReadOutcome Outcome, PackHeader? Header)> HeaderAsync(PackObject pack, CancellationToken cancellationToken)
    {
        var bytes = new byte[PackHeader.Length];
        var outcome = await reader.ReadAsync(pack.Name, 0, bytes, cancellationToken).ConfigureAwait(false);
        var problem = "The pack's header cannot be read.";
        if (outcome == ReadOutcome.Read)
        {
            try
            {
                var header = PackHeader.Read(bytes, pack.Name);
                problem = header.Seal != seal ? "The pack's header names another seal than the repository's."
                    : pack.Known is { } known && known.Header != header ? "The pack's header is not the one that the index names."
                    : null;
                if (problem is null)
                {
                    return (outcome, header);
                }
            }
            catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.Damaged or RepositoryErrorCodes.UnsupportedVersion)
            {
                problem = "The pack's header is not what was written.";
            }
        }

        if (outcome != ReadOutcome.Gone)
        {
            book.Add(CheckCodes.PackFrame, pack.Name, 0, PackHeader.Length, problem);
        }

        return (outcome, null);
    }

    async ValueTask<FrameExtent?> FooterAsync(PackObject pack, long footer, CancellationToken cancellationToken)
    {
        var bytes = new byte[PackTrailer.FooterLength];
        if (await reader.ReadAsync(pack.Name, footer, bytes, cancellationToken).ConfigureAwait(false) == ReadOutcome.Read)
        {
            var trailer = new FrameExtent(BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4)));
            if (bytes.AsSpan(12).SequenceEqual(PackTrailer.FooterMagic) && trailer.Offset >= PackHeader.Length && trailer.End == footer
                && trailer.Length >= PackTrailer.RecordLength(0))
            {
                return trailer;
            }
        }

        book.Add(CheckCodes.PackFrame, pack.Name, footer, PackTrailer.FooterLength, "The pack's footer is not what was written.");
        return null;
    }

    async ValueTask<IReadOnlyList<FrameExtent>?> TrailerAsync(PackObject pack, PackHeader header, FrameExtent trailer, CancellationToken cancellationToken)
    {
        var problem = "The pack's trailer cannot be read.";
        var head = new byte[PackTrailer.HeaderLength];
        if (trailer.Length <= Array.MaxLength - PackHeader.Length
            && await reader.ReadAsync(pack.Name, trailer.Offset, head, cancellationToken).ConfigureAwait(false) == ReadOutcome.Read)
        {
            // Nothing of the size that the footer names is allocated before the trailer itself says the same.
            problem = "The pack's trailer is not what was written.";
            if (PackTrailer.IsHead(head, trailer.Offset, trailer.Length))
            {
                (var frames, problem) = await WholeTrailerAsync(pack, header, trailer, cancellationToken).ConfigureAwait(false);
                if (frames is not null)
                {
                    return frames;
                }
            }
        }

        book.Add(CheckCodes.PackFrame, pack.Name, trailer.Offset, trailer.Length, problem);
        return null;
    }

    async ValueTask<(List<FrameExtent>? Frames, string Problem)> WholeTrailerAsync(
        PackObject pack, PackHeader header, FrameExtent trailer, CancellationToken cancellationToken)
    {
        var isLarge = trailer.Length > PackTrailer.Large;
        if (isLarge)
        {
            await PackTrailer.LargeOnes.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            var bytes = new byte[PackHeader.Length + trailer.Length];
            header.Write(bytes);
            if (await reader.ReadAsync(pack.Name, trailer.Offset, bytes.AsMemory(PackHeader.Length), cancellationToken).ConfigureAwait(false) != ReadOutcome.Read)
            {
                return (null, "The pack's trailer cannot be read.");
            }

            var isProved = PackTrailer.IsHead(bytes.AsSpan(PackHeader.Length), trailer.Offset, trailer.Length) && TryOpen(pack, header, bytes);
            var list = bytes.AsSpan(PackHeader.Length + PackTrailer.HeaderLength, isProved ? (int)trailer.Length - PackTrailer.RecordLength(0) : 0);
            return (isProved ? ReadFrames(pack, header, list, trailer.Offset) : null, "The pack's trailer is not what was written.");
        }
        finally
        {
            if (isLarge)
            {
                PackTrailer.LargeOnes.Release();
            }
        }
    }

    /// <summary>Opens the trailer in place.</summary>
    bool TryOpen(PackObject pack, PackHeader header, Span<byte> bytes)
    {
        var record = bytes[PackHeader.Length..];
        var list = record[PackTrailer.HeaderLength..^Seal.TagLength];
        byte[] key;
        try
        {
            key = keys.PackKey(header.Epoch, header.Id, pack.Name);
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged)
        {
            return false; // an epoch that no ring knows
        }

        return Seal.TryOpen(
            header.Seal, key, PackTrailer.Ordinal, bytes[..(PackHeader.Length + PackTrailer.HeaderLength)], list, record[^Seal.TagLength..], list);
    }

    /// <summary>The frames that the trailer lists, or null when they do not fill the pack.</summary>
    List<FrameExtent>? ReadFrames(PackObject pack, PackHeader header, ReadOnlySpan<byte> list, long trailerOffset)
    {
        var frames = new List<FrameExtent>();
        var (next, unknown, chunks) = ((long)PackHeader.Length, 0, 0);
        while (list.Length > 0)
        {
            if (list.Length < 4 + FrameRecord.FixedLength || BinaryPrimitives.ReadUInt32LittleEndian(list) != next)
            {
                return null;
            }

            var frame = list[4..];
            var count = BinaryPrimitives.ReadUInt16LittleEndian(frame[8..]);
            var length = FrameRecord.RecordLength(count, 0) + (long)BinaryPrimitives.ReadUInt32LittleEndian(frame[16..]);
            var entry = FrameRecord.FixedLength + (count * FrameRecord.EntryLength);
            if (frame.Length < entry)
            {
                return null;
            }

            for (var i = 0; i < count; i++, chunks++)
            {
                var (id, chunkLength) = FrameRecord.ReadEntry(frame, i);
                if (!index.TryFind(id, out var location))
                {
                    unknown++;
                }
                else if (location.Pack.Header.Id == header.Id && (location.Offset != next || location.Length != length || location.ChunkLength != chunkLength))
                {
                    book.Add(CheckCodes.IndexIncomplete, pack.Name, next, length, $"The index gives chunk {id} another place in the pack than the pack's trailer does.");
                }
            }

            frames.Add(new FrameExtent(next, length));
            next += length;
            list = frame[entry..];
        }

        // A pack enters the index whole. One that is not in it belongs to a session that is writing, or that was given up; some of its chunks may be
        // known all the same, from other packs.
        if (unknown > 0 && pack.Known is not null)
        {
            book.Add(CheckCodes.IndexIncomplete, pack.Name, trailerOffset, 0, $"The index does not know {unknown} of the pack's {chunks} chunks.");
        }

        return next == trailerOffset ? frames : null;
    }
}
