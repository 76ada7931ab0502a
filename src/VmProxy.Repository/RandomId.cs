using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace VmProxy.Repository;

/// <summary>128 random bits that name an object. The name tells nothing about what the object holds.</summary>
/// <remarks>Not a <see cref="UInt128"/>: code that touches one is not compiled ahead of time, and every command would wait for its compilation.</remarks>
internal readonly record struct RandomId(ulong High, ulong Low) : IComparable<RandomId>
{
    public const int Size = 16;

    public static RandomId Create()
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes);
        return Read(bytes);
    }

    public static RandomId Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    public static bool TryParse(ReadOnlySpan<char> text, out RandomId id)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var parsed = text.Length == 2 * Size && Convert.FromHexString(text, bytes, out _, out _) == OperationStatus.Done;
        id = parsed ? Read(bytes) : default;
        return parsed;
    }

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    public int CompareTo(RandomId other)
    {
        var order = High.CompareTo(other.High);
        return order != 0 ? order : Low.CompareTo(other.Low);
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    public static bool operator <(RandomId left, RandomId right) => left.CompareTo(right) < 0;

    public static bool operator >(RandomId left, RandomId right) => left.CompareTo(right) > 0;

    public static bool operator <=(RandomId left, RandomId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(RandomId left, RandomId right) => left.CompareTo(right) >= 0;
}
