using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>The numbers of XFS on disk: big-endian, at a byte offset.</summary>
static class XfsBytes
{
    public static ushort U16(this ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);

    public static uint U32(this ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);

    public static ulong U64(this ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64BigEndian(bytes[at..]);

    public static ushort U16(this byte[] bytes, int at) => U16((ReadOnlySpan<byte>)bytes, at);

    public static uint U32(this byte[] bytes, int at) => U32((ReadOnlySpan<byte>)bytes, at);

    public static ulong U64(this byte[] bytes, int at) => U64((ReadOnlySpan<byte>)bytes, at);

    /// <summary>A number of the log, which a Linux machine writes in its own order.</summary>
    public static ushort Little16(this ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    /// <inheritdoc cref="Little16"/>
    public static uint Little32(this ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    /// <inheritdoc cref="Little16"/>
    public static ulong Little64(this ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
