using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace VmProxy.Repository;

/// <summary>128 random bits that name an object. The name tells nothing about what the object holds.</summary>
internal readonly record struct RandomId(UInt128 Value)
{
    public const int Size = 16;

    public static RandomId Create()
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes);
        return Read(bytes);
    }

    public static RandomId Read(ReadOnlySpan<byte> source) => new(BinaryPrimitives.ReadUInt128BigEndian(source));

    public static bool TryParse(ReadOnlySpan<char> text, out RandomId id)
    {
        var parsed = UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value);
        id = new RandomId(value);
        return parsed && text.Length == 2 * Size;
    }

    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
