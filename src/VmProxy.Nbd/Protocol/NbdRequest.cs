using System.Buffers.Binary;

namespace VmProxy.Nbd.Protocol;

/// <summary>The header of a request. A <see cref="RequestKind.Write"/> is followed by its bytes.</summary>
readonly record struct NbdRequest(RequestKind Kind, RequestFlags Flags, ulong Cookie, ulong Offset, uint Length)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 28;

    /// <exception cref="NbdProtocolException">It does not begin as requests do, so that nothing after it can be understood.</exception>
    public static NbdRequest Parse(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32BigEndian(header) == Magic.Request
        ? new NbdRequest(
            (RequestKind)BinaryPrimitives.ReadUInt16BigEndian(header[6..]),
            (RequestFlags)BinaryPrimitives.ReadUInt16BigEndian(header[4..]),
            BinaryPrimitives.ReadUInt64BigEndian(header[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(header[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(header[24..]))
        : throw new NbdProtocolException("a request has the wrong magic number");

    /// <summary>Whether it asks for something, and nothing beyond the end.</summary>
    public bool IsInside(long length) => Length > 0 && Offset < (ulong)length && Length <= (ulong)length - Offset;
}
