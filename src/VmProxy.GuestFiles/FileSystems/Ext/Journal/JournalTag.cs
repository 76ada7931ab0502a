using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>One block that a transaction wrote.</summary>
/// <param name="Block">Where it belongs.</param>
/// <param name="Place">Where it lies in the journal, as a block of the journal.</param>
/// <param name="Sequence">The transaction.</param>
/// <param name="Checksum">Its checksum, as far as the tag keeps it.</param>
/// <param name="IsEscaped">Whether its first word was taken away because it looks like a journal block.</param>
readonly record struct JournalTag(long Block, uint Place, uint Sequence, uint Checksum, bool IsEscaped);

/// <summary>The tags of a descriptor block. Source: the kernel's documentation of ext4 (Journal (jbd2), Descriptor Block).</summary>
ref struct JournalTags(ReadOnlySpan<byte> block, JournalSuperblock journal)
{
    const int HeaderBytes = 12;
    const int IdentityBytes = 16;
    const int ChecksumBytes = 4;
    const int Escaped = 1;
    const int SameIdentity = 2;
    const int Last = 8;

    readonly ReadOnlySpan<byte> _tags = block[HeaderBytes..(block.Length - (journal.HasBlockChecksums ? ChecksumBytes : 0))];
    int _next;
    bool _isLast;

    public long Block { get; private set; }

    public uint Checksum { get; private set; }

    public bool IsEscaped { get; private set; }

    public bool MoveNext()
    {
        var isThird = journal.Features.HasFlag(JournalFeatures.Checksums3);
        var isWide = journal.Features.HasFlag(JournalFeatures.Wide);
        // The second form grew by two bytes that it does not use.
        var size = isThird ? 16 : (isWide ? 12 : 8) + (journal.Features.HasFlag(JournalFeatures.Checksums2) ? 2 : 0);
        if (_isLast || _next + size > _tags.Length)
        {
            return false;
        }

        var tag = _tags.Slice(_next, size);
        int flags = BinaryPrimitives.ReadUInt16BigEndian(tag[6..]);
        Block = BinaryPrimitives.ReadUInt32BigEndian(tag) | (isWide ? (long)BinaryPrimitives.ReadUInt32BigEndian(tag[8..]) << 32 : 0);
        Checksum = isThird ? BinaryPrimitives.ReadUInt32BigEndian(tag[12..]) : BinaryPrimitives.ReadUInt16BigEndian(tag[4..]);
        IsEscaped = (flags & Escaped) != 0;
        _isLast = (flags & Last) != 0;
        _next += size + ((flags & SameIdentity) != 0 ? 0 : IdentityBytes);
        return true;
    }
}
