using System.Buffers.Binary;
using System.Numerics;

namespace VmProxy.Blocks.Qcow2;

/// <summary>
/// Where everything lies in a qcow2 file whose data clusters are known beforehand: header, refcounts, L1, L2 tables, then the data
/// clusters in guest order, so that a contiguous stretch of the guest disk is contiguous in the file.
/// Source: "qcow2 image format, version 3" (QEMU docs/interop/qcow2.txt).
/// </summary>
sealed class Qcow2Layout
{
    public const int ClusterBits = 16;
    public const int ClusterSize = 1 << ClusterBits;
    const int EntriesPerL2 = ClusterSize / 8;
    const int RefcountsPerBlock = ClusterSize / 2;
    const ulong Copied = 1UL << 63;

    readonly ulong[] _allocated;
    readonly int[] _rankBefore;
    readonly bool[] _l2Present;
    readonly long _refcountTable = 1;
    readonly long _refcountTableClusters;
    readonly long _refcountBlocks;
    readonly long _refcountBlockCount;
    readonly long _l1;
    readonly long _l2;
    readonly long _data;

    Qcow2Layout(long length, ulong[] allocated)
    {
        Length = length;
        _allocated = allocated;
        _rankBefore = new int[allocated.Length];
        var l1Entries = checked((int)DivideUp(DivideUp(length, ClusterSize), EntriesPerL2));
        _l2Present = new bool[l1Entries];
        var dataClusters = 0;
        for (var word = 0; word < allocated.Length; word++)
        {
            _rankBefore[word] = dataClusters;
            dataClusters += BitOperations.PopCount(allocated[word]);
            _l2Present[word * 64 / EntriesPerL2] |= allocated[word] != 0;
        }

        var l1Clusters = Math.Max(1, DivideUp(l1Entries * 8L, ClusterSize));
        var l2Clusters = _l2Present.Count(present => present);
        var body = 1 + l1Clusters + l2Clusters + dataClusters;
        // The refcount structures count themselves: grow them until they cover the whole file.
        for (_refcountBlockCount = 1; ; _refcountBlockCount++)
        {
            _refcountTableClusters = DivideUp(_refcountBlockCount * 8, ClusterSize);
            ClusterCount = body + _refcountBlockCount + _refcountTableClusters;
            if (_refcountBlockCount * RefcountsPerBlock >= ClusterCount)
            {
                break;
            }
        }

        _refcountBlocks = _refcountTable + _refcountTableClusters;
        _l1 = _refcountBlocks + _refcountBlockCount;
        _l2 = _l1 + l1Clusters;
        _data = _l2 + l2Clusters;
    }

    public long Length { get; }

    public long ClusterCount { get; }

    public long FileLength => ClusterCount * ClusterSize;

    /// <summary>Lays a file out for a disk, giving a cluster to every stretch that is data in it.</summary>
    public static async Task<Qcow2Layout> PlanAsync(IBlockDevice source, CancellationToken cancellationToken)
    {
        var clusters = DivideUp(source.Length, ClusterSize);
        var allocated = new ulong[DivideUp(clusters, 64)];
        await foreach (var run in source.RunsAsync(0, source.Length, cancellationToken).ConfigureAwait(false))
        {
            if (run.Kind != BlockRunKind.Data)
            {
                continue;
            }

            for (var cluster = run.Offset / ClusterSize; cluster * ClusterSize < run.End; cluster++)
            {
                allocated[cluster / 64] |= 1UL << (int)(cluster % 64);
            }
        }

        return new Qcow2Layout(source.Length, allocated);
    }

    /// <summary>Where a guest cluster's bytes are in the file, or -1 where it has none.</summary>
    public long FileOffset(long cluster)
    {
        var word = _allocated[cluster / 64];
        var bit = 1UL << (int)(cluster % 64);
        return (word & bit) == 0
            ? -1
            : (_data + _rankBefore[cluster / 64] + BitOperations.PopCount(word & (bit - 1))) * ClusterSize;
    }

    /// <summary>Writes everything but the data.</summary>
    public async Task WriteMetadataAsync(IWritableBlockDevice file, CancellationToken cancellationToken)
    {
        await file.WriteAsync(0, Header(), cancellationToken).ConfigureAwait(false);
        await WriteTableAsync(file, _refcountTable, _refcountBlockCount, i => (ulong)((_refcountBlocks + i) * ClusterSize), cancellationToken)
            .ConfigureAwait(false);
        await WriteRefcountsAsync(file, cancellationToken).ConfigureAwait(false);

        var l2Index = new long[_l2Present.Length];
        var next = _l2;
        for (var i = 0; i < l2Index.Length; i++)
        {
            l2Index[i] = _l2Present[i] ? next++ : 0;
        }

        await WriteTableAsync(file, _l1, _l2Present.Length, i => l2Index[i] == 0 ? 0 : Copied | (ulong)(l2Index[i] * ClusterSize), cancellationToken)
            .ConfigureAwait(false);
        var clusters = DivideUp(Length, ClusterSize);
        for (var i = 0; i < l2Index.Length; i++)
        {
            if (_l2Present[i])
            {
                var first = (long)i * EntriesPerL2;
                await WriteTableAsync(file, l2Index[i], Math.Min(EntriesPerL2, clusters - first), slot => L2Entry(first + slot), cancellationToken)
                    .ConfigureAwait(false);
            }
        }
    }

    ulong L2Entry(long cluster)
    {
        var offset = FileOffset(cluster);
        return offset < 0 ? 0 : Copied | (ulong)offset;
    }

    byte[] Header()
    {
        var header = new byte[104];
        BinaryPrimitives.WriteUInt32BigEndian(header, 0x514649FB);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), 3);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(20), ClusterBits);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(24), Length);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(36), _l2Present.Length);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(40), _l1 * ClusterSize);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(48), _refcountTable * ClusterSize);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(56), (int)_refcountTableClusters);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(96), 4);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(100), header.Length);
        return header;
    }

    async Task WriteRefcountsAsync(IWritableBlockDevice file, CancellationToken cancellationToken)
    {
        var block = new byte[ClusterSize];
        for (long index = 0; index < _refcountBlockCount; index++)
        {
            var used = Math.Clamp(ClusterCount - (index * RefcountsPerBlock), 0, RefcountsPerBlock);
            block.AsSpan().Clear();
            for (var i = 0; i < used; i++)
            {
                block[(i * 2) + 1] = 1;
            }

            await file.WriteAsync((_refcountBlocks + index) * ClusterSize, block, cancellationToken).ConfigureAwait(false);
        }
    }

    static async Task WriteTableAsync(
        IWritableBlockDevice file, long cluster, long entries, Func<long, ulong> entry, CancellationToken cancellationToken)
    {
        var table = new byte[entries * 8];
        for (long i = 0; i < entries; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(table.AsSpan((int)i * 8), entry(i));
        }

        await file.WriteAsync(cluster * ClusterSize, table, cancellationToken).ConfigureAwait(false);
    }

    static long DivideUp(long value, long by) => (value + by - 1) / by;
}
