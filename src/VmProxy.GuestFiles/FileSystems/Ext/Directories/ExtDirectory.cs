using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace VmProxy.GuestFiles;

/// <summary>The blocks of a directory, checked. Source: the kernel's documentation of ext4 (Directory Entries, Hash Tree Directories).</summary>
sealed class ExtDirectory
{
    const int TailBytes = 12;
    const byte TailType = 0xDE;
    const int InlineParentBytes = 4;

    /// <summary>Blocks in a directory that may fail before the rest is given up: its size is foreign, too.</summary>
    const int MaxFailures = 4096;

    readonly ExtVolume _volume;
    readonly ExtInode _inode;
    readonly uint _seed;
    readonly ExtMapCursor _map;

    public ExtDirectory(ExtVolume volume, ExtInode inode)
    {
        _volume = volume;
        _inode = inode;
        Subject = $"inode {inode.Number}";
        _seed = inode.ChecksumSeed(volume.Superblock.ChecksumSeed);
        Size = inode.Size(volume.Superblock.Incompatible.HasFlag(ExtIncompatible.LargeDirectories));
        _map = new ExtMapCursor(ExtMap.Of(volume, inode, Subject), Subject);
    }

    public string Subject { get; }

    public ExtInodeFlags Flags => _inode.Flags;

    public bool IsIndexed => Flags.HasFlag(ExtInodeFlags.Indexed) && !Flags.HasFlag(ExtInodeFlags.InlineData);

    long Size { get; }

    int BlockSize => _volume.Superblock.BlockSize;

    /// <summary>The stretches that hold names, in the order in which they lie.</summary>
    public IAsyncEnumerable<ExtDirectoryBlock> BlocksAsync(CancellationToken cancellationToken) =>
        _volume.FastCommits?.IsNewDirectory(_inode.Number) is true ? AsyncEnumerable.Empty<ExtDirectoryBlock>()
        : Flags.HasFlag(ExtInodeFlags.InlineData) ? Inline().ToAsyncEnumerable() : OutsideAsync(cancellationToken);

    /// <summary>One block by its number within the directory, checked.</summary>
    /// <exception cref="GuestFileException">There is none, or it is damaged.</exception>
    public async ValueTask<byte[]> ReadBlockAsync(long number, CancellationToken cancellationToken)
    {
        var offset = number * BlockSize;
        if (Size < BlockSize || offset > Size - BlockSize)
        {
            throw _volume.Damaged(Subject, $"has no directory block {number}");
        }

        var piece = await _map.PieceAtAsync(offset, cancellationToken).ConfigureAwait(false);
        if (piece.Source < 0)
        {
            throw _volume.Damaged(Subject, $"has a hole where its directory block {number} should be");
        }

        var block = new byte[BlockSize];
        await _volume.Reader.ReadAsync(piece.Source + (offset - piece.Offset), block, Subject, cancellationToken).ConfigureAwait(false);
        return WhyUnsound(block, number) is { } why ? throw _volume.Damaged(Subject, why) : block;
    }

    IEnumerable<ExtDirectoryBlock> Inline()
    {
        yield return new ExtDirectoryBlock(_inode.Block[InlineParentBytes..], null);
        ReadOnlyMemory<byte> rest = default;
        GuestFileException? problem = null;
        try
        {
            rest = ExtAttributes.InlineData(_volume, _inode);
        }
        catch (GuestFileException exception)
        {
            problem = exception;
        }

        if (!rest.IsEmpty || problem is not null)
        {
            yield return new ExtDirectoryBlock(rest, problem);
        }
    }

    async IAsyncEnumerable<ExtDirectoryBlock> OutsideAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rented = ArrayPool<byte>.Shared.Rent(BlockSize);
        try
        {
            var block = rented.AsMemory(0, BlockSize);
            var left = _volume.Blocks;
            var (failures, told) = (0, "");
            for (long offset = 0; offset < Size;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (next, problem) = await FillAsync(block, offset, cancellationToken).ConfigureAwait(false);
                if (--left < 0)
                {
                    yield return new ExtDirectoryBlock(default, _volume.Damaged(Subject, "has more directory blocks than the volume has blocks"));
                    yield break;
                }

                if (problem is null && !IsNode(block.Span, offset / BlockSize))
                {
                    yield return new ExtDirectoryBlock(block, null);
                }
                else if (problem is not null && problem.Message != told)
                {
                    // A damaged map fails alike for each block that it would have led to.
                    told = problem.Message;
                    yield return new ExtDirectoryBlock(default, problem);
                }

                if (problem is not null && ++failures > MaxFailures)
                {
                    yield break;
                }

                offset = next;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Reads and checks the block at an offset; gives the offset of the next, and what is wrong.</summary>
    async ValueTask<(long Next, GuestFileException? Problem)> FillAsync(Memory<byte> block, long offset, CancellationToken cancellationToken)
    {
        var next = offset + BlockSize;
        try
        {
            var piece = await _map.PieceAtAsync(offset, cancellationToken).ConfigureAwait(false);
            if (piece.Source < 0)
            {
                return (piece.End, _volume.Damaged(Subject, $"has a hole in its directory blocks at byte {offset}"));
            }

            await _volume.Reader.ReadAsync(piece.Source + (offset - piece.Offset), block, Subject, cancellationToken).ConfigureAwait(false);
            return (next, WhyUnsound(block.Span, offset / BlockSize) is { } why ? _volume.Damaged(Subject, why) : null);
        }
        catch (GuestFileException exception)
        {
            return (next, exception);
        }
    }

    /// <summary>A node of the index below the root looks like one unused entry over the whole block; the root holds "." and ".." and an entry over the rest.</summary>
    bool IsNode(ReadOnlySpan<byte> block, long number) =>
        IsIndexed && (number == 0
            ? ExtDirectoryIndex.IsRoot(block)
            : BinaryPrimitives.ReadUInt32LittleEndian(block) == 0 && ExtDirectoryEntries.LengthOf(BinaryPrimitives.ReadUInt16LittleEndian(block[4..]), block.Length) == block.Length);

    string? WhyUnsound(ReadOnlySpan<byte> block, long number)
    {
        if (!_volume.Superblock.HasChecksums)
        {
            return null;
        }

        if (IsNode(block, number))
        {
            return ExtDirectoryIndex.IsSound(block, _seed) ? null : $"has an index node, directory block {number}, that does not match its checksum";
        }

        var tail = block[^TailBytes..];
        return BinaryPrimitives.ReadUInt32LittleEndian(tail) == 0 && BinaryPrimitives.ReadUInt16LittleEndian(tail[4..]) == TailBytes && tail[7] == TailType
            && BinaryPrimitives.ReadUInt32LittleEndian(tail[8..]) == Crc32C.Continue(_seed, block[..^TailBytes])
            ? null
            : $"has a directory block, {number}, that does not match its checksum";
    }
}
