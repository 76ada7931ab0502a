using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>The list of a file's attributes that do not fit into one record: which record holds which part.</summary>
static class NtfsAttributeList
{
    /// <summary>Bytes that a list may have; Windows keeps to the same limit.</summary>
    public const int MaxBytes = 256 * 1024;

    const int EntryHeader = 26;

    /// <summary>Reads a list.</summary>
    /// <exception cref="GuestFileException">It cannot be right.</exception>
    public static IEnumerable<Entry> Parse(ReadOnlyMemory<byte> list, string subject)
    {
        while (list.Length >= EntryHeader)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(list.Span[4..]);
            if (length < EntryHeader || length > list.Length)
            {
                throw GuestFileException.Damaged(subject, $"The attribute list of {subject} is damaged: an entry is {length} bytes long.");
            }

            yield return new Entry(
                BinaryPrimitives.ReadUInt32LittleEndian(list.Span),
                list.Span[6] != 0,
                BinaryPrimitives.ReadInt64LittleEndian(list.Span[8..]),
                new NtfsReference(BinaryPrimitives.ReadUInt64LittleEndian(list.Span[16..])));
            list = list[length..];
        }
    }

    /// <summary>One part of an attribute.</summary>
    public readonly record struct Entry(uint Type, bool HasName, long LowestVcn, NtfsReference Record);
}
