using System.Buffers;
using System.Runtime.CompilerServices;

namespace VmProxy.GuestFiles;

/// <summary>Lists directories: their names in the order in which they lie, some blocks at a time.</summary>
sealed class XfsDirectory(XfsVolume volume)
{
    /// <summary>Bytes of a directory's own address space that hold names; its index lies behind.</summary>
    public const long NameSpace = 32L << 30;

    const int PieceSize = 64 * 1024;
    const int MaxBadBlocks = 10_000;

    /// <summary>The names by pieces. Each list is the caller's only until the next one is asked for.</summary>
    public async IAsyncEnumerable<List<XfsName>> ReadAsync(XfsInode directory, GuestProblems problems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var names = new List<XfsName>();
        if (directory.Format == XfsForkFormat.Local)
        {
            var bytes = directory.Data.Bytes;
            bytes = bytes[..(int)Math.Min(bytes.Length, directory.Size)];
            if (XfsDirectoryBlock.ReadShort(bytes.Span, volume.Superblock, names) is { } defect)
            {
                problems.Add(Damaged(directory, $"is damaged: it {defect}"));
            }

            yield return names;
            yield break;
        }

        var pieces = new Pieces(volume, directory, problems);
        try
        {
            while (await pieces.ReadNextAsync(names, cancellationToken).ConfigureAwait(false))
            {
                yield return names;
                names.Clear();
            }
        }
        finally
        {
            pieces.Dispose();
        }
    }

    static GuestFileException Damaged(XfsInode directory, string defect) =>
        GuestFileException.Damaged(directory.Subject, $"The directory with {directory.Subject} {defect}.");

    /// <summary>Goes through the blocks of one directory.</summary>
    sealed class Pieces(XfsVolume volume, XfsInode directory, GuestProblems problems) : IDisposable
    {
        readonly XfsSuperblock _superblock = volume.Superblock;
        readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(PieceSize);
        readonly ulong _end = (ulong)NameSpace >> volume.Superblock.BlockLog;
        readonly ulong _perDirectoryBlock = (ulong)(volume.Superblock.DirectoryBlockSize / volume.Superblock.BlockSize);
        XfsExtentMap? _map;
        ulong _next;
        int _bad;

        // A directory cannot have more blocks than the volume.
        ulong _left = (ulong)(volume.Device.Length >> volume.Superblock.BlockLog) + 1;

        public async ValueTask<bool> ReadNextAsync(List<XfsName> names, CancellationToken cancellationToken)
        {
            while (_next < _end)
            {
                try
                {
                    _map ??= new XfsExtentMap(volume, directory.Data);
                    var extent = await _map.FindAsync(_next, cancellationToken).ConfigureAwait(false);
                    if (extent.IsHole)
                    {
                        _next = Math.Max(_next + _perDirectoryBlock, extent.End / _perDirectoryBlock * _perDirectoryBlock);
                        continue;
                    }

                    var blocks = Math.Min(extent.End - _next, (ulong)(PieceSize >> _superblock.BlockLog)) / _perDirectoryBlock * _perDirectoryBlock;
                    await ReadPieceAsync(extent, blocks, names, cancellationToken).ConfigureAwait(false);
                }
                catch (GuestFileException exception)
                {
                    problems.Add(exception);
                    return false;
                }

                if (names.Count > 0)
                {
                    return true;
                }
            }

            return false;
        }

        public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

        async ValueTask ReadPieceAsync(XfsExtent extent, ulong blocks, List<XfsName> names, CancellationToken cancellationToken)
        {
            var offset = _superblock.ByteOf(extent.Block + (_next - extent.First));
            var taken = Math.Max(blocks, _perDirectoryBlock);
            if (taken > _left)
            {
                _next = _end;
                throw Damaged(directory, "has more blocks than the volume");
            }

            if (blocks > 0)
            {
                await volume.ReadAsync(offset, _buffer.AsMemory(0, (int)blocks << _superblock.BlockLog), directory.Subject, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await ReadScatteredAsync(cancellationToken).ConfigureAwait(false);
            }

            _left -= taken;
            for (var i = 0; i < (int)taken << _superblock.BlockLog; i += _superblock.DirectoryBlockSize)
            {
                var block = _buffer.AsSpan(i, _superblock.DirectoryBlockSize);
                if ((XfsDirectoryBlock.DefectOf(block, _superblock, offset + i, directory.Number) ?? XfsDirectoryBlock.Read(block, _superblock, names)) is { } defect)
                {
                    problems.Add(Damaged(directory, $"is damaged: its block at byte {((long)_next << _superblock.BlockLog) + i} {defect}"));
                    if (++_bad > MaxBadBlocks)
                    {
                        throw Damaged(directory, $"has more than {MaxBadBlocks} bad blocks: the rest of it was not read");
                    }
                }
            }

            _next += taken;
        }

        /// <summary>Reads one block of the directory whose blocks of the file system do not follow each other.</summary>
        async ValueTask ReadScatteredAsync(CancellationToken cancellationToken)
        {
            for (ulong i = 0; i < _perDirectoryBlock; i++)
            {
                var extent = await _map!.FindAsync(_next + i, cancellationToken).ConfigureAwait(false);
                if (extent.IsHole)
                {
                    throw Damaged(directory, $"is damaged: a part of its block at byte {(long)_next << _superblock.BlockLog} is missing");
                }

                await volume.ReadAsync(
                    _superblock.ByteOf(extent.Block + (_next + i - extent.First)), _buffer.AsMemory((int)i << _superblock.BlockLog, _superblock.BlockSize),
                    directory.Subject, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
