using System.Buffers.Binary;

namespace VmProxy.Blocks.Vmdk;

/// <summary>
/// What stands before a compressed grain or a piece of metadata in a stream-optimised extent. A grain's bytes follow at once, metadata
/// follows in the next sector.
/// </summary>
/// <param name="Value">Of a grain: the sector of the disk where it starts. Of metadata: its sectors.</param>
/// <param name="Size">Of a grain: its compressed bytes, at least 1. Of metadata: 0.</param>
/// <param name="Type">Of metadata: what it is. Of a grain: 0; its bytes stand there.</param>
readonly record struct SparseMarker(ulong Value, uint Size, uint Type)
{
    /// <summary>Bytes before those of a grain.</summary>
    public const int GrainBytes = 12;

    public const uint EndOfStream = 0;
    public const uint Footer = 3;

    /// <summary>The marker of a grain, which may end the file after its 12 bytes.</summary>
    public static SparseMarker ParseGrain(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), Type: 0);

    /// <summary>The marker of metadata.</summary>
    public static SparseMarker Parse(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]));
}
