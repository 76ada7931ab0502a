using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace VmProxy.Repository.Packs;

/// <summary>The end of a pack: the headers of all its frames, sealed, so that an index is rebuilt by one read a pack (docs/FORMAT.md, "Trailer").</summary>
internal static class PackTrailer
{
    public const int HeaderLength = 16;
    public const int FooterLength = 16;
    public const uint Ordinal = uint.MaxValue;

    public static ReadOnlySpan<byte> Magic => "VMPT"u8;

    public static ReadOnlySpan<byte> FooterMagic => "VMPE"u8;

    /// <summary>Adds a frame to the list that becomes the trailer's payload.</summary>
    public static void AddFrame(ArrayBufferWriter<byte> list, long offset, ReadOnlySpan<byte> record, int chunks)
    {
        var headerLength = FrameRecord.FixedLength + (chunks * FrameRecord.EntryLength);
        var entry = list.GetSpan(4 + headerLength);
        BinaryPrimitives.WriteUInt32LittleEndian(entry, checked((uint)offset));
        record[..headerLength].CopyTo(entry[4..]);
        list.Advance(4 + headerLength);
    }

    /// <summary>A trailer that is read beside no other one: of larger packs than ours, or a forged one.</summary>
    public const int Large = 4 << 20;

    /// <summary>Large trailers are read one at a time in the whole process: until its seal is opened nothing says that one is not forged.</summary>
    public static SemaphoreSlim LargeOnes { get; } = new(1);

    /// <summary>Whether these bytes begin a trailer of that length at that offset, and the frames before it can be as many as it lists.</summary>
    public static bool IsHead(ReadOnlySpan<byte> head, long offset, long length)
    {
        var (frames, payload) = ((long)BinaryPrimitives.ReadUInt32LittleEndian(head[4..]), (long)BinaryPrimitives.ReadUInt32LittleEndian(head[8..]));

        // A listed frame takes its tag, and its payload, more in the pack than in the trailer, and has a chunk at least.
        return head.StartsWith(Magic) && BinaryPrimitives.ReadUInt32LittleEndian(head[12..]) == Crc32.HashToUInt32(head[..12])
            && payload == length - RecordLength(0)
            && payload >= frames * (4 + FrameRecord.FixedLength + FrameRecord.EntryLength)
            && payload <= offset - PackHeader.Length - (frames * Seal.TagLength)
            && payload <= frames * (4 + FrameRecord.FixedLength + (FrameRecord.MaxChunks * (long)FrameRecord.EntryLength));
    }

    public static int RecordLength(int listLength) => HeaderLength + listLength + Seal.TagLength;

    /// <summary>Trailer and footer of a pack whose bytes so far have the given length and running CRC-32.</summary>
    public static byte[] Encode(PackHeader pack, byte[] key, int frames, ReadOnlySpan<byte> list, long offset, Crc32 crc)
    {
        var length = RecordLength(list.Length);
        var bytes = new byte[PackHeader.Length + length + FooterLength];
        pack.Write(bytes);
        var record = bytes.AsSpan(PackHeader.Length);
        Magic.CopyTo(record);
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], frames);
        BinaryPrimitives.WriteInt32LittleEndian(record[8..], list.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record[12..], Crc32.HashToUInt32(record[..12]));
        Seal.Protect(
            pack.Seal, key, Ordinal, bytes.AsSpan(0, PackHeader.Length + HeaderLength), list,
            record.Slice(HeaderLength, list.Length), record.Slice(HeaderLength + list.Length, Seal.TagLength));
        var footer = record[length..];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, checked((uint)offset));
        BinaryPrimitives.WriteInt32LittleEndian(footer[4..], length);
        crc.Append(record[..(length + 8)]);
        BinaryPrimitives.WriteUInt32LittleEndian(footer[8..], crc.GetCurrentHashAsUInt32());
        FooterMagic.CopyTo(footer[12..]);
        return bytes.AsSpan(PackHeader.Length).ToArray();
    }
}
