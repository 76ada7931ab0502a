using System.Buffers;
using System.Buffers.Binary;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Rebuild;

/// <summary>A frame as a pack's trailer lists it.</summary>
internal readonly record struct ListedFrame(uint Offset, uint Length, FrameEntry[] Entries);

/// <summary>Reads what a pack holds from its two ends, with two reads for most packs.</summary>
internal sealed class TrailerReader(IObjectStore store, KeySet keys, SealKind seal)
{
    // The trailer of a pack of 32 MiB of 64 KiB chunks; a longer one takes a second read.
    const int Tail = 64 << 10;
    long _bytesRead;

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>The pack's header; null with the reason when it is not the one of this pack.</summary>
    /// <exception cref="RepositoryException">REPO_NOT_FOUND: the pack was deleted meanwhile. REPO_STORE_FAILED.</exception>
    public async ValueTask<(PackHeader? Header, string? Problem)> HeaderAsync(string name, CancellationToken cancellationToken)
    {
        var bytes = new byte[PackHeader.Length];
        try
        {
            await ReadAsync(name, 0, bytes, cancellationToken).ConfigureAwait(false);
            var header = PackHeader.Read(bytes, name);
            return header.Seal == seal ? (header, null) : (null, "The pack's header names another seal than the repository's.");
        }
        catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.Damaged or RepositoryErrorCodes.UnsupportedVersion)
        {
            return (null, "The pack's header is not what was written.");
        }
    }

    /// <summary>The frames that the trailer lists; null when footer or trailer do not prove themselves under this header.</summary>
    public async ValueTask<IReadOnlyList<ListedFrame>?> FramesAsync(PackHeader header, long length, CancellationToken cancellationToken)
    {
        if (length < PackHeader.Length + PackTrailer.RecordLength(0) + PackTrailer.FooterLength || length > uint.MaxValue)
        {
            return null;
        }

        var tail = (int)Math.Min(length, Tail);
        var buffer = ArrayPool<byte>.Shared.Rent(PackHeader.Length + tail);
        try
        {
            await ReadAsync(header.ObjectName, length - tail, buffer.AsMemory(PackHeader.Length, tail), cancellationToken).ConfigureAwait(false);
            var footer = buffer.AsSpan(PackHeader.Length + tail - PackTrailer.FooterLength, PackTrailer.FooterLength);
            var (offset, trailer) = (BinaryPrimitives.ReadUInt32LittleEndian(footer), BinaryPrimitives.ReadUInt32LittleEndian(footer[4..]));
            if (!footer[12..].SequenceEqual(PackTrailer.FooterMagic) || offset < PackHeader.Length || trailer < PackTrailer.RecordLength(0)
                || offset + (long)trailer != length - PackTrailer.FooterLength || trailer > Array.MaxLength - PackHeader.Length)
            {
                return null;
            }

            var start = PackHeader.Length + tail - PackTrailer.FooterLength - (int)trailer;
            if (start < PackHeader.Length)
            {
                return await LongAsync(header, offset, (int)trailer, cancellationToken).ConfigureAwait(false);
            }

            // The seal covers the pack's header, which stands before the trailer now.
            header.Write(buffer.AsSpan(start - PackHeader.Length));
            return PackTrailer.IsHead(buffer.AsSpan(start), offset, trailer)
                ? Open(header, buffer.AsSpan(start - PackHeader.Length, PackHeader.Length + (int)trailer), offset)
                : null;
        }
        catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.Damaged)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public async ValueTask ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await store.ReadAsync(name, offset, buffer, cancellationToken).ConfigureAwait(false);
        Interlocked.Add(ref _bytesRead, buffer.Length);
    }

    // A footer is not proved: nothing of the size that it names is allocated before the trailer itself says the same.
    async ValueTask<List<ListedFrame>?> LongAsync(PackHeader header, uint offset, int length, CancellationToken cancellationToken)
    {
        var head = new byte[PackTrailer.HeaderLength];
        await ReadAsync(header.ObjectName, offset, head, cancellationToken).ConfigureAwait(false);
        if (!PackTrailer.IsHead(head, offset, length))
        {
            return null;
        }

        var isLarge = length > PackTrailer.Large;
        if (isLarge)
        {
            await PackTrailer.LargeOnes.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            var bytes = new byte[PackHeader.Length + length];
            header.Write(bytes);
            await ReadAsync(header.ObjectName, offset, bytes.AsMemory(PackHeader.Length), cancellationToken).ConfigureAwait(false);
            return PackTrailer.IsHead(bytes.AsSpan(PackHeader.Length), offset, length) ? Open(header, bytes, offset) : null;
        }
        finally
        {
            if (isLarge)
            {
                PackTrailer.LargeOnes.Release();
            }
        }
    }

    List<ListedFrame>? Open(PackHeader header, Span<byte> bytes, uint trailerOffset)
    {
        var record = bytes[PackHeader.Length..];
        var list = record[PackTrailer.HeaderLength..^Seal.TagLength];
        var key = keys.PackKey(header.Epoch, header.Id, header.ObjectName);
        return Seal.TryOpen(
            header.Seal, key, PackTrailer.Ordinal, bytes[..(PackHeader.Length + PackTrailer.HeaderLength)], list, record[^Seal.TagLength..], list)
            ? Parse(list, trailerOffset)
            : null;
    }

    /// <summary>Null when the frames do not fill the pack up to its trailer.</summary>
    static List<ListedFrame>? Parse(ReadOnlySpan<byte> list, uint trailerOffset)
    {
        var frames = new List<ListedFrame>();
        var next = (long)PackHeader.Length;
        while (list.Length > 0)
        {
            if (list.Length < 4 + FrameRecord.FixedLength || BinaryPrimitives.ReadUInt32LittleEndian(list) != next)
            {
                return null;
            }

            var frame = list[4..];
            var count = BinaryPrimitives.ReadUInt16LittleEndian(frame[8..]);
            var header = FrameRecord.FixedLength + (count * FrameRecord.EntryLength);
            var length = FrameRecord.RecordLength(count, 0) + (long)BinaryPrimitives.ReadUInt32LittleEndian(frame[16..]);
            if (count == 0 || frame.Length < header || next + length > trailerOffset)
            {
                return null;
            }

            frames.Add(new ListedFrame((uint)next, (uint)length, EntriesOf(frame, count)));
            next += length;
            list = frame[header..];
        }

        return next == trailerOffset ? frames : null;
    }

    public static FrameEntry[] EntriesOf(ReadOnlySpan<byte> frame, int count)
    {
        var entries = new FrameEntry[count];
        for (var i = 0; i < count; i++)
        {
            entries[i] = FrameRecord.ReadEntry(frame, i);
        }

        return entries;
    }
}
