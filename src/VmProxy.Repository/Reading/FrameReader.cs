using System.Buffers;
using VmProxy.Repository.Index;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Reading;

/// <summary>Reads, opens and decompresses frames. What does not prove itself is REPO_DAMAGED, with pack and offset.</summary>
internal sealed class FrameReader(IObjectStore store, KeySet keys, ZstdPool zstd)
{
    // A frame of one chunk of 4 MiB, or of as many chunks as its header can list.
    const uint MaxRecordLength = FrameRecord.MaxRawLength + (FrameRecord.MaxChunks * FrameRecord.EntryLength) + 64;

    public async Task<DecodedFrame> ReadAsync(ChunkLocation location, CancellationToken cancellationToken)
    {
        if (location.Length > MaxRecordLength)
        {
            throw Damaged(location, "the index gives an impossible length");
        }

        var length = (int)location.Length;
        var buffer = ArrayPool<byte>.Shared.Rent(PackHeader.Length + length);
        try
        {
            location.Pack.Header.Write(buffer);
            try
            {
                await store.ReadAsync(location.Pack.Header.ObjectName, location.Offset, buffer.AsMemory(PackHeader.Length, length), cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.NotFound or RepositoryErrorCodes.Damaged)
            {
                throw Damaged(location, error.Code == RepositoryErrorCodes.NotFound ? PackMissing : "the pack is cut off", error);
            }

            await keys.EnsureEpochAsync(location.Pack.Header.Epoch, cancellationToken).ConfigureAwait(false);
            return Decode(location, buffer.AsSpan(0, PackHeader.Length + length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public const string PackMissing = "the pack is missing";

    /// <summary>True when a frame could not be read because there is no such pack, rather than because its bytes are wrong.</summary>
    public static bool IsPackMissing(RepositoryException error) =>
        error is { Code: RepositoryErrorCodes.Damaged, InnerException: RepositoryException { Code: RepositoryErrorCodes.NotFound } };

    public static RepositoryException Damaged(ChunkLocation location, string what, Exception? inner = null)
    {
        var name = location.Pack.Header.ObjectName;
        return RepositoryException.Damaged(name, $"At byte {location.Offset}, {what}.", inner, (location.Pack.Header.Id, location.Offset), what);
    }

    DecodedFrame Decode(ChunkLocation location, ReadOnlySpan<byte> bytes)
    {
        var record = bytes[PackHeader.Length..];
        if (FrameRecord.TryReadHeader(record, out var header) is { } problem)
        {
            throw Damaged(location, problem);
        }

        var entries = new FrameEntry[header.Chunks];
        var total = 0L;
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = FrameRecord.ReadEntry(record, i);
            total += entries[i].Length < 0 ? long.MinValue / FrameRecord.MaxChunks : entries[i].Length;
        }

        if (total != header.RawLength)
        {
            throw Damaged(location, "the frame's chunks do not fill it");
        }

        var plain = ArrayPool<byte>.Shared.Rent(Math.Max(1, header.RawLength));
        if (TryOpen(location, header, bytes, plain.AsSpan(0, header.RawLength)) is { } failure)
        {
            ArrayPool<byte>.Shared.Return(plain);
            throw Damaged(location, failure);
        }

        return new DecodedFrame(plain, header.RawLength, entries);
    }

    string? TryOpen(ChunkLocation location, FrameHeader header, ReadOnlySpan<byte> bytes, Span<byte> plain)
    {
        var pack = location.Pack.Header;
        var key = keys.PackKey(pack.Epoch, pack.Id, pack.ObjectName);
        var associated = bytes[..(PackHeader.Length + FrameRecord.HeaderLength(header.Chunks))];
        var payload = bytes.Slice(associated.Length, header.PayloadLength);
        var tag = bytes[^Seal.TagLength..];
        if (header.Compression == FrameCompression.None)
        {
            return Seal.TryOpen(pack.Seal, key, header.Ordinal, associated, payload, tag, plain) ? null : "the frame is not the one that was written";
        }

        var compressed = ArrayPool<byte>.Shared.Rent(header.PayloadLength);
        try
        {
            var opened = compressed.AsSpan(0, header.PayloadLength);
            if (!Seal.TryOpen(pack.Seal, key, header.Ordinal, associated, payload, tag, opened))
            {
                return "the frame is not the one that was written";
            }

            return zstd.TryDecompress(opened, plain) ? null : "the frame does not decompress";
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(compressed);
        }
    }
}
