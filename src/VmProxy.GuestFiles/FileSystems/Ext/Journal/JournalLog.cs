using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// Goes through a log once, from its begin to the last transaction that was committed, and keeps which blocks were written and which were revoked. It ends, and takes damage,
/// as the kernel's recovery does (fs/jbd2/recovery.c). Source of the format: the kernel's documentation of ext4 (Journal (jbd2)).
/// </summary>
sealed class JournalLog(JournalSuperblock journal, JournalBlocks blocks, long volumeBlocks)
{
    /// <summary>Bytes that tags and revokes may take in memory, here and where they are applied; a log in use has some thousands of them.</summary>
    const long MaxHeld = 256L << 20;

    const int TagCost = 128;
    const int RevokeCost = 64;
    const uint DescriptorBlock = 1;
    const uint CommitBlock = 2;
    const uint RevokeBlock = 5;
    const int HeaderBytes = 12;
    const int CommitTime = 48;
    const int CommitHeaderBytes = 60;
    const int CommitChecksum = 16;
    const int RevokeRecords = 16;

    readonly List<JournalTag> _pendingTags = [];
    readonly List<long> _pendingRevokes = [];
    readonly Dictionary<long, uint> _revoked = [];
    uint _sequence = journal.Sequence;
    uint _next = journal.Start;
    long _left = journal.Length;
    long _lastCommitTime;
    long _held;
    uint _crc32 = uint.MaxValue;
    bool _isDoubtful;

    /// <summary>The blocks of committed transactions, in the order in which they were written.</summary>
    public List<JournalTag> Tags { get; } = [];

    /// <summary>The number that the transaction after the last would have.</summary>
    public uint EndSequence => _sequence;

    /// <summary>How many transactions were committed.</summary>
    public uint Transactions => _sequence - journal.Sequence;

    /// <summary>Why the log ended before it should, or null.</summary>
    public string? Damage { get; private set; }

    /// <summary>Reads the log.</summary>
    public async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        var block = new byte[journal.BlockSize];
        try
        {
            while (await NextAsync(block, cancellationToken).ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        catch (GuestFileException exception)
        {
            Damage = exception.Message;
        }
    }

    /// <summary>Whether what a transaction wrote to a block was revoked by itself or a later one: the block was freed, and may hold something else since.</summary>
    public bool IsRevoked(JournalTag tag) => _revoked.TryGetValue(tag.Block, out var by) && !IsAfter(tag.Sequence, by);

    static bool IsAfter(uint one, uint other) => (int)(one - other) > 0;

    /// <summary>Reads one block of the log and what it describes; false at the end.</summary>
    async ValueTask<bool> NextAsync(byte[] block, CancellationToken cancellationToken)
    {
        if (_left <= 0)
        {
            return false;
        }

        await blocks.ReadAsync(Advance(), block, cancellationToken).ConfigureAwait(false);
        if (UInt32(block, 0) != JournalSuperblock.Magic || UInt32(block, 8) != _sequence)
        {
            return false;
        }

        switch (UInt32(block, 4))
        {
            case DescriptorBlock:
                _isDoubtful |= !HasSoundTail(block);
                await DescribeAsync(block, cancellationToken).ConfigureAwait(false);
                return true;
            case RevokeBlock:
                _isDoubtful |= !HasSoundTail(block) || !TakeRevokes(block);
                return true;
            case CommitBlock:
                return TryCommit(block);
            default:
                return false;
        }
    }

    uint Advance()
    {
        var at = _next;
        _next = _next + 1 >= journal.End ? journal.First : _next + 1;
        _left--;
        return at;
    }

    async ValueTask DescribeAsync(byte[] block, CancellationToken cancellationToken)
    {
        var first = _pendingTags.Count;
        TakeTags(block);
        if (!journal.HasCommitChecksums)
        {
            return;
        }

        _crc32 = ExtChecksum.Crc32BigEndian(_crc32, block);
        for (var i = first; i < _pendingTags.Count; i++)
        {
            await blocks.ReadAsync(_pendingTags[i].Place, block, cancellationToken).ConfigureAwait(false);
            _crc32 = ExtChecksum.Crc32BigEndian(_crc32, block);
        }
    }

    void TakeTags(byte[] block)
    {
        var tags = new JournalTags(block, journal);
        while (_left > 0 && tags.MoveNext())
        {
            Hold(TagCost);
            _pendingTags.Add(new JournalTag(tags.Block, Advance(), _sequence, tags.Checksum, tags.IsEscaped));
        }
    }

    bool TakeRevokes(byte[] block)
    {
        var size = journal.Features.HasFlag(JournalFeatures.Wide) ? sizeof(ulong) : sizeof(uint);
        var end = UInt32(block, HeaderBytes);
        if (end > block.Length - (journal.HasBlockChecksums ? sizeof(uint) : 0))
        {
            return false;
        }

        for (var at = RevokeRecords; at + size <= end; at += size)
        {
            var revoked = size == sizeof(uint) ? UInt32(block, at) : BinaryPrimitives.ReadInt64BigEndian(block.AsSpan(at));
            if (revoked >= 0 && revoked < volumeBlocks)
            {
                Hold(RevokeCost);
                _pendingRevokes.Add(revoked);
            }
        }

        return true;
    }

    /// <summary>Counts what is kept. It is never given back: a log that says the same again and again ends here, too.</summary>
    void Hold(int bytes)
    {
        _held += bytes;
        if (_held > MaxHeld)
        {
            throw GuestFileException.Unsupported("journal", $"Its journal holds more changes than {MaxHeld} bytes can keep: those from the transaction {_sequence} on were left out.");
        }
    }

    /// <summary>Takes the transaction that ends here; false where the log ends before it.</summary>
    bool TryCommit(byte[] block)
    {
        var time = BinaryPrimitives.ReadInt64BigEndian(block.AsSpan(CommitTime));
        if (_isDoubtful || !HasSoundCommit(block))
        {
            // Blocks of an older use of the journal may follow its end with the right number: their time tells them from damage.
            var isStale = time < _lastCommitTime;
            // A commit that does not wait for its blocks can be torn by the moment at which the disk was taken.
            var isTorn = !_isDoubtful && journal.Features.HasFlag(JournalFeatures.AsyncCommit);
            Damage = isStale || isTorn ? null : $"Its journal is damaged: the transaction {_sequence} does not match its checksum.";
            return false;
        }

        Tags.AddRange(_pendingTags);
        foreach (var revoked in _pendingRevokes)
        {
            _revoked[revoked] = _sequence;
        }

        _pendingTags.Clear();
        _pendingRevokes.Clear();
        _crc32 = uint.MaxValue;
        _lastCommitTime = time;
        _sequence++;
        return true;
    }

    bool HasSoundTail(byte[] block)
    {
        var end = block.Length - sizeof(uint);
        return !journal.HasBlockChecksums
            || Crc32C.ContinueZeros(Crc32C.Continue(journal.ChecksumSeed, block.AsSpan(0, end)), sizeof(uint)) == UInt32(block, end);
    }

    bool HasSoundCommit(byte[] block)
    {
        const int KindOffset = HeaderBytes;
        const byte KindCrc32 = 1;
        var kept = UInt32(block, CommitChecksum);
        if (journal.HasCommitChecksums)
        {
            var isUnused = block[KindOffset] == 0 && block[KindOffset + 1] == 0 && kept == 0;
            return isUnused || (block[KindOffset] == KindCrc32 && block[KindOffset + 1] == sizeof(uint) && kept == _crc32);
        }

        return !journal.HasBlockChecksums || CommitCrc(block, block.AsSpan(CommitHeaderBytes)) == kept
            || CommitCrc(block, new byte[block.Length - CommitHeaderBytes]) == kept;
    }

    /// <summary>The checksum of a commit block. Some writers left behind the header what was there before, and did not sum it up.</summary>
    uint CommitCrc(byte[] block, ReadOnlySpan<byte> rest)
    {
        var crc = Crc32C.Continue(journal.ChecksumSeed, block.AsSpan(0, CommitChecksum));
        crc = Crc32C.Continue(Crc32C.ContinueZeros(crc, sizeof(uint)), block.AsSpan(CommitChecksum + sizeof(uint), CommitHeaderBytes - CommitChecksum - sizeof(uint)));
        return Crc32C.Continue(crc, rest);
    }

    static uint UInt32(byte[] block, int at) => BinaryPrimitives.ReadUInt32BigEndian(block.AsSpan(at));
}
