using System.Buffers.Binary;
using System.Text;

namespace VmProxy.Benchmarks.Tree;

/// <summary>The bytes of a file that is being made, up to its size; what is written beyond that is dropped.</summary>
sealed class Page(int size)
{
    readonly byte[] _bytes = new byte[size];

    public int Length { get; private set; }

    public int Left => _bytes.Length - Length;

    public bool IsFull => Length == _bytes.Length;

    public byte[] Bytes => _bytes;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        var part = bytes[..Math.Min(bytes.Length, Left)];
        part.CopyTo(_bytes.AsSpan(Length));
        Length += part.Length;
    }

    public void Add(byte value)
    {
        if (!IsFull)
        {
            _bytes[Length++] = value;
        }
    }

    public void Add(string text)
    {
        foreach (var character in text)
        {
            Add((byte)character);
        }
    }

    public void AddUInt16(int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, unchecked((ushort)value));
        Add(bytes);
    }

    public void AddUInt32(long value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, unchecked((uint)value));
        Add(bytes);
    }

    public void AddUInt64(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        Add(bytes);
    }

    /// <summary>Repeats what was written <paramref name="distance"/> bytes ago.</summary>
    public void Repeat(int distance, int count)
    {
        var start = Length - distance;
        for (var i = 0; i < count; i++)
        {
            Add(_bytes[start + i]);
        }
    }

    public void Align(int border, byte filler)
    {
        while (Length % border != 0 && !IsFull)
        {
            Add(filler);
        }
    }

    public void AddRandom(Chance chance, int count)
    {
        var part = Math.Min(count, Left);
        chance.Fill(_bytes.AsSpan(Length, part));
        Length += part;
    }

    public override string ToString() => Encoding.ASCII.GetString(_bytes, 0, Length);
}
