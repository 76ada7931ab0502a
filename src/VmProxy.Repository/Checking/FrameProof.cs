using System.Buffers;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Checking;

/// <summary>Proves every byte of a frame's record: header, seal, compression, and the id of each of its chunks.</summary>
internal sealed class FrameProof(KeySet keys, ZstdPool zstd)
{
    /// <param name="pack">The pack's header.</param>
    /// <param name="key">The pack's key.</param>
    /// <param name="bytes">The pack's header, then the frame's record.</param>
    /// <returns>Null when all is as it was written, else what is not.</returns>
    public string? Run(PackHeader pack, byte[] key, ReadOnlySpan<byte> bytes)
    {
        var record = bytes[PackHeader.Length..];
        if (FrameRecord.TryReadHeader(record, out var header) is { } problem)
        {
            return problem;
        }

        var headerLength = FrameRecord.HeaderLength(header.Chunks);
        var payload = record.Slice(headerLength, header.PayloadLength);
        var opened = ArrayPool<byte>.Shared.Rent(Math.Max(1, header.PayloadLength));
        var plain = header.Compression == FrameCompression.Zstd ? ArrayPool<byte>.Shared.Rent(Math.Max(1, header.RawLength)) : opened;
        try
        {
            if (!Seal.TryOpen(
                pack.Seal, key, header.Ordinal, bytes[..(PackHeader.Length + headerLength)], payload, record[^Seal.TagLength..],
                opened.AsSpan(0, header.PayloadLength)))
            {
                return "the frame is not the one that was written";
            }

            if (plain != opened && !zstd.TryDecompress(opened.AsSpan(0, header.PayloadLength), plain.AsSpan(0, header.RawLength)))
            {
                return "the frame does not decompress";
            }

            return Chunks(pack.Kind, record, header, plain.AsSpan(0, header.RawLength));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(opened);
            if (plain != opened)
            {
                ArrayPool<byte>.Shared.Return(plain);
            }
        }
    }

    string? Chunks(PackKind kind, ReadOnlySpan<byte> record, FrameHeader header, ReadOnlySpan<byte> plain)
    {
        for (var i = 0; i < header.Chunks; i++)
        {
            var (id, length) = FrameRecord.ReadEntry(record, i);
            if (length < 0 || length > plain.Length)
            {
                return "the frame's chunks do not fill it";
            }

            if ((kind == PackKind.Data ? keys.ChunkId(plain[..length]) : keys.MetadataId(plain[..length])) != id)
            {
                return $"chunk {id} is not the one that was written";
            }

            plain = plain[length..];
        }

        return plain.Length == 0 ? null : "the frame's chunks do not fill it";
    }
}
