using System.Buffers.Binary;

namespace VmProxy.Repository;

/// <summary>
/// The keyed hash of a chunk's plain bytes. All zeros is no hash but the null reference: a chunk or a whole subtree of zeros.
/// </summary>
internal readonly record struct ChunkId(ulong A, ulong B, ulong C, ulong D) : IComparable<ChunkId>
{
    public const int Size = 32;

    public bool IsNull => (A | B | C | D) == 0;

    public static ChunkId Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt64BigEndian(source),
        BinaryPrimitives.ReadUInt64BigEndian(source[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(source[16..]),
        BinaryPrimitives.ReadUInt64BigEndian(source[24..]));

    public static bool TryParse(string? hex, out ChunkId id)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var parsed = hex?.Length == 2 * Size && Convert.FromHexString(hex, bytes, out _, out _) == System.Buffers.OperationStatus.Done;
        id = parsed ? Read(bytes) : default;
        return parsed;
    }

    /// <param name="hex">What a point says.</param>
    /// <param name="objectName">What it says it of.</param>
    /// <exception cref="RepositoryException">REPO_DAMAGED.</exception>
    public static ChunkId Parse(string hex, string objectName) =>
        TryParse(hex, out var id) ? id : throw RepositoryException.Damaged(objectName, $"'{hex}' is not a chunk id of {2 * Size} hexadecimal digits.");

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, A);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], B);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], C);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], D);
    }

    public int CompareTo(ChunkId other)
    {
        var order = A.CompareTo(other.A);
        order = order != 0 ? order : B.CompareTo(other.B);
        order = order != 0 ? order : C.CompareTo(other.C);
        return order != 0 ? order : D.CompareTo(other.D);
    }

    // The bits are a keyed hash already.
    public override int GetHashCode() => unchecked((int)D);

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    public static bool operator <(ChunkId left, ChunkId right) => left.CompareTo(right) < 0;

    public static bool operator >(ChunkId left, ChunkId right) => left.CompareTo(right) > 0;

    public static bool operator <=(ChunkId left, ChunkId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ChunkId left, ChunkId right) => left.CompareTo(right) >= 0;
}
