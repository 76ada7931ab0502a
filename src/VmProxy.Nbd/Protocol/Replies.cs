using System.Buffers.Binary;
using System.Text;

namespace VmProxy.Nbd.Protocol;

/// <summary>Writes the headers of replies to requests, and small replies whole.</summary>
static class Replies
{
    /// <summary>Bytes of a simple reply before its data.</summary>
    public const int SimpleSize = 16;

    /// <summary>Bytes of a chunk before its payload.</summary>
    public const int ChunkSize = 20;

    /// <summary>Bytes before the data in a chunk of data.</summary>
    public const int DataSize = ChunkSize + sizeof(ulong);

    /// <summary>Bytes of a chunk that tells a hole.</summary>
    public const int HoleSize = ChunkSize + sizeof(ulong) + sizeof(uint);

    const ushort Done = 1;
    const int ExtentSize = 8;

    /// <summary>A success without data, which is the same whatever was negotiated.</summary>
    public static byte[] Success(ulong cookie)
    {
        var message = new byte[SimpleSize];
        WriteSimple(message, cookie, error: 0);
        return message;
    }

    /// <summary>A failure; its text only reaches clients that negotiated structured replies.</summary>
    public static byte[] Failure(ulong cookie, NbdError error, string text, bool isStructured)
    {
        if (!isStructured)
        {
            var simple = new byte[SimpleSize];
            WriteSimple(simple, cookie, (uint)error);
            return simple;
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        var length = Math.Min(bytes.Length, Limits.MaxString);
        while (length < bytes.Length && length > 0 && (bytes[length] & 0xC0) == 0x80)
        {
            length--;
        }

        const int PayloadStart = sizeof(uint) + sizeof(ushort);
        var message = new byte[ChunkSize + PayloadStart + length];
        WriteChunk(message, isLast: true, ChunkKind.Error, cookie, PayloadStart + length);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(ChunkSize), (uint)error);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(ChunkSize + sizeof(uint)), (ushort)length);
        bytes.AsSpan(0, length).CopyTo(message.AsSpan(ChunkSize + PayloadStart));
        return message;
    }

    public static byte[] BlockStatus(ulong cookie, uint context, IReadOnlyList<(uint Length, Allocation Flags)> extents)
    {
        var payload = sizeof(uint) + (extents.Count * ExtentSize);
        var message = new byte[ChunkSize + payload];
        WriteChunk(message, isLast: true, ChunkKind.BlockStatus, cookie, payload);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(ChunkSize), context);
        var rest = message.AsSpan(ChunkSize + sizeof(uint));
        foreach (var (length, flags) in extents)
        {
            BinaryPrimitives.WriteUInt32BigEndian(rest, length);
            BinaryPrimitives.WriteUInt32BigEndian(rest[sizeof(uint)..], (uint)flags);
            rest = rest[ExtentSize..];
        }

        return message;
    }

    public static void WriteSimple(Span<byte> target, ulong cookie, uint error)
    {
        BinaryPrimitives.WriteUInt32BigEndian(target, Magic.SimpleReply);
        BinaryPrimitives.WriteUInt32BigEndian(target[4..], error);
        BinaryPrimitives.WriteUInt64BigEndian(target[8..], cookie);
    }

    /// <summary>The header of a chunk whose data follows it.</summary>
    public static void WriteData(Span<byte> target, bool isLast, ulong cookie, long offset, int length)
    {
        WriteChunk(target, isLast, ChunkKind.OffsetData, cookie, sizeof(ulong) + length);
        BinaryPrimitives.WriteUInt64BigEndian(target[ChunkSize..], (ulong)offset);
    }

    /// <summary>A whole chunk that stands for zeros.</summary>
    public static void WriteHole(Span<byte> target, bool isLast, ulong cookie, long offset, int length)
    {
        WriteChunk(target, isLast, ChunkKind.OffsetHole, cookie, HoleSize - ChunkSize);
        BinaryPrimitives.WriteUInt64BigEndian(target[ChunkSize..], (ulong)offset);
        BinaryPrimitives.WriteUInt32BigEndian(target[DataSize..], (uint)length);
    }

    static void WriteChunk(Span<byte> target, bool isLast, ChunkKind kind, ulong cookie, int payload)
    {
        BinaryPrimitives.WriteUInt32BigEndian(target, Magic.Chunk);
        BinaryPrimitives.WriteUInt16BigEndian(target[4..], isLast ? Done : (ushort)0);
        BinaryPrimitives.WriteUInt16BigEndian(target[6..], (ushort)kind);
        BinaryPrimitives.WriteUInt64BigEndian(target[8..], cookie);
        BinaryPrimitives.WriteUInt32BigEndian(target[16..], (uint)payload);
    }
}
