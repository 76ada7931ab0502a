using System.Buffers.Binary;
using System.IO.Hashing;

namespace VmProxy.Repository.Packs;

internal enum FrameCompression : byte
{
    None = 0,
    Zstd = 1,
}

/// <summary>One chunk of a frame, as the frame's header lists it.</summary>
internal readonly record struct FrameEntry(ChunkId Id, int Length);

/// <summary>The bytes around the payload of a frame (docs/FORMAT.md, "Frames").</summary>
internal static class FrameRecord
{
    public const int FixedLength = 20;
    public const int EntryLength = ChunkId.Size + 4;
    public const int MaxChunks = ushort.MaxValue;
    public const int MaxRawLength = 4 << 20;

    public static ReadOnlySpan<byte> Magic => "VMPF"u8;

    /// <summary>Bytes before the payload.</summary>
    public static int HeaderLength(int chunks) => FixedLength + (chunks * EntryLength) + 4;

    public static int RecordLength(int chunks, int payloadLength) => HeaderLength(chunks) + payloadLength + Seal.TagLength;

    public static void WriteHeader(
        Span<byte> record, uint ordinal, FrameCompression compression, int rawLength, int payloadLength, ReadOnlySpan<FrameEntry> entries)
    {
        Magic.CopyTo(record);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], ordinal);
        BinaryPrimitives.WriteUInt16LittleEndian(record[8..], checked((ushort)entries.Length));
        record[10] = (byte)compression;
        record[11] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(record[12..], rawLength);
        BinaryPrimitives.WriteInt32LittleEndian(record[16..], payloadLength);
        var position = FixedLength;
        foreach (var (id, length) in entries)
        {
            id.Write(record[position..]);
            BinaryPrimitives.WriteInt32LittleEndian(record[(position + ChunkId.Size)..], length);
            position += EntryLength;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(record[position..], Crc32.HashToUInt32(record[..position]));
    }

    /// <summary>Whether the bytes are the first ones of a frame.</summary>
    public static bool Begins(ReadOnlySpan<byte> record) => record.StartsWith(Magic);

    /// <summary>Whether these bytes are a whole header, with its checksum.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> header) =>
        header.StartsWith(Magic) && BinaryPrimitives.ReadUInt32LittleEndian(header[^4..]) == Crc32.HashToUInt32(header[..^4]);

    /// <summary>Null when the header is consistent with the record's length, else what is wrong with it.</summary>
    public static string? TryReadHeader(ReadOnlySpan<byte> record, out FrameHeader header)
    {
        header = default;
        if (record.Length < FixedLength + Seal.TagLength || !record.StartsWith(Magic))
        {
            return "no frame begins there";
        }

        var chunks = BinaryPrimitives.ReadUInt16LittleEndian(record[8..]);
        var headerLength = HeaderLength(chunks);
        if (chunks == 0 || headerLength > record.Length
            || BinaryPrimitives.ReadUInt32LittleEndian(record[(headerLength - 4)..]) != Crc32.HashToUInt32(record[..(headerLength - 4)]))
        {
            return "the frame's header does not match its checksum";
        }

        header = new FrameHeader(
            BinaryPrimitives.ReadUInt32LittleEndian(record[4..]), chunks, (FrameCompression)record[10],
            BinaryPrimitives.ReadInt32LittleEndian(record[12..]), BinaryPrimitives.ReadInt32LittleEndian(record[16..]));
        if (header.Compression > FrameCompression.Zstd || header.RawLength is < 0 or > MaxRawLength || header.PayloadLength < 0
            || (long)headerLength + header.PayloadLength + Seal.TagLength != record.Length
            || (header.Compression == FrameCompression.None && header.RawLength != header.PayloadLength))
        {
            return "the frame's lengths do not fit together";
        }

        return null;
    }

    public static FrameEntry ReadEntry(ReadOnlySpan<byte> record, int position)
    {
        var entry = record[(FixedLength + (position * EntryLength))..];
        return new FrameEntry(ChunkId.Read(entry), BinaryPrimitives.ReadInt32LittleEndian(entry[ChunkId.Size..]));
    }
}

internal readonly record struct FrameHeader(uint Ordinal, int Chunks, FrameCompression Compression, int RawLength, int PayloadLength);
