using System.Buffers.Binary;
using System.Numerics;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>The index of a directory's names ($I30): a root in the directory's record, and blocks behind it.</summary>
sealed class NtfsIndex : IAsyncDisposable
{
    const string Name = "$I30";
    const int RootHead = 16;
    const int BlockHead = 24;
    const int Sector = 512;
    const int MaxBlock = 64 * 1024;
    const uint CollatedByFileName = 1;
    const int MaxBitmap = 64 * 1024 * 1024;

    readonly ReadOnlyMemory<byte> _root;
    readonly IBlockDevice? _blocks;
    readonly byte[]? _bitmap;
    readonly NtfsLog? _log;
    readonly int _vcnSize;

    NtfsIndex(NtfsVolume volume, NtfsRecord directory, ReadOnlyMemory<byte> root, IBlockDevice? blocks, byte[]? bitmap, int blockSize)
    {
        (Directory, _root, _blocks, _bitmap, BlockSize, _log) = (directory, root, blocks, bitmap, blockSize, volume.Log);
        _vcnSize = blockSize >= volume.Geometry.ClusterSize ? volume.Geometry.ClusterSize : Sector;
        Blocks = blocks is null ? 0 : Math.Min(Math.Min(blocks.Length, volume.Device.Length) / blockSize, bitmap is null ? long.MaxValue : bitmap.Length * 8L);
    }

    /// <summary>The directory's record.</summary>
    public NtfsRecord Directory { get; }

    /// <summary>Bytes of a block.</summary>
    public int BlockSize { get; }

    /// <summary>How many blocks there are, in use or not; never more than the volume has room for.</summary>
    public long Blocks { get; }

    /// <summary>Whether a block that was read was changed so lately that the open log of the volume concerns it.</summary>
    public bool IsInLog { get; private set; }

    /// <summary>Whether the names are in the order that all Windows directories have.</summary>
    public bool IsCollated => BinaryPrimitives.ReadUInt32LittleEndian(_root.Span[4..]) == CollatedByFileName;

    /// <summary>The root's header and entries.</summary>
    public ReadOnlyMemory<byte> Root => _root[RootHead..];

    /// <summary>Opens the index of a directory.</summary>
    /// <exception cref="GuestFileException">It has none, or it is damaged.</exception>
    public static async ValueTask<NtfsIndex> OpenAsync(NtfsVolume volume, NtfsFile directory, CancellationToken cancellationToken)
    {
        var root = directory.Find(volume, NtfsAttributeType.IndexRoot, Name)?.Resident;
        if (root is not { Length: >= RootHead + 16 } bytes)
        {
            throw directory.Record.Damaged("is that of a directory, and has no index root");
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[8..]);
        if (size is < Sector or > MaxBlock || !BitOperations.IsPow2(size))
        {
            throw directory.Record.Damaged($"has an index whose blocks would have {size} bytes");
        }

        var blocks = directory.Find(volume, NtfsAttributeType.IndexAllocation, Name);
        var bitmap = blocks is null ? null : directory.Find(volume, NtfsAttributeType.Bitmap, Name);
        return new NtfsIndex(
            volume,
            directory.Record,
            bytes,
            blocks is null ? null : volume.Open(blocks, blocks.Subject, isMetadata: true),
            bitmap is null ? null : await volume.ReadAsync(bitmap, MaxBitmap, cancellationToken).ConfigureAwait(false),
            (int)size);
    }

    /// <summary>Whether a block is in use. Without a bitmap each is taken to be.</summary>
    public bool IsUsed(long block) => _bitmap is null || (block / 8 < _bitmap.Length && (_bitmap[block / 8] >> (int)(block % 8) & 1) != 0);

    /// <summary>The number of the block that an entry's child number means.</summary>
    public long BlockOf(long child) => child < 0 || child > long.MaxValue / _vcnSize ? -1 : child * _vcnSize / BlockSize;

    /// <summary>Reads a block into the buffer and gives its header and entries.</summary>
    /// <exception cref="GuestFileException">It is damaged.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(long block, byte[] buffer, CancellationToken cancellationToken)
    {
        if (block < 0 || block >= Blocks)
        {
            throw Damaged(block, "does not exist");
        }

        await _blocks!.ReadAsync(block * BlockSize, buffer, cancellationToken).ConfigureAwait(false);
        if (!buffer.AsSpan().StartsWith("INDX"u8))
        {
            throw Damaged(block, "has no signature");
        }

        if (!NtfsFixups.TryApply(buffer))
        {
            throw Damaged(block, "was written in part only: its update sequence does not match");
        }

        IsInLog |= _log?.IsRecent(BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(8))) == true;
        return BlockOf(BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(16))) == block
            ? buffer.AsMemory(BlockHead)
            : throw Damaged(block, "is another one by its own number");
    }

    public GuestFileException Damaged(long block, string message) =>
        GuestFileException.Damaged($"MFT record {Directory.Number}, index block {block}", $"The index block {block} of the directory in MFT record {Directory.Number} {message}.");

    public ValueTask DisposeAsync() => _blocks?.DisposeAsync() ?? ValueTask.CompletedTask;
}
