using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// A file allocation table: for each cluster the number of the one that follows. Entries have 12, 16, 28 (FAT32, in 4 bytes) or 32 bits (exFAT). Where an entry of the copy in
/// use cannot be right, the other copy is asked (if there is one).
/// </summary>
/// <param name="reader">The volume.</param>
/// <param name="subject">The volume's name.</param>
/// <param name="tables">First byte of the table in use, then those of its copies.</param>
/// <param name="width">Bits of an entry.</param>
/// <param name="clusterCount">How many clusters there are; the first has the number 2.</param>
sealed class ClusterLinks(GuestReader reader, string subject, IReadOnlyList<long> tables, int width, uint clusterCount)
{
    /// <summary>The first cluster's number.</summary>
    public const uint First = 2;

    const int PageSize = 4096;

    readonly uint _mask = width == 32 ? uint.MaxValue : (1u << width) - 1;

    /// <summary>The number of the last cluster.</summary>
    public uint Last => clusterCount + 1;

    uint Bad => _mask - 8;

    /// <summary>Whether a number is that of a cluster.</summary>
    public bool IsCluster(uint cluster) => cluster >= First && cluster <= Last;

    /// <summary>Whether an entry marks the last cluster of a chain.</summary>
    public bool IsEnd(uint entry) => entry > Bad;

    /// <summary>Whether an entry marks a cluster that cannot be written.</summary>
    public bool IsBad(uint entry) => entry == Bad;

    /// <summary>An entry of a table in memory.</summary>
    public uint Entry(ReadOnlySpan<byte> table, uint cluster) => Value(table[(int)Place(cluster)..], cluster);

    /// <summary>Reads links one after the other; for one walk along one chain.</summary>
    public Cursor Walk() => new(this);

    /// <summary>What is wrong with an entry that leads to no cluster.</summary>
    GuestFileException Broken(uint cluster, uint entry) => GuestFileException.Damaged(
        subject,
        $"The chain of clusters on {subject} is broken behind cluster {cluster}: {(entry == 0 ? "it leads to a free cluster" : entry == Bad ? "it leads to a bad cluster" : $"it leads to cluster {entry}, which does not exist")}.");

    /// <summary>Keeps the page of the table that was read last.</summary>
    public sealed class Cursor(ClusterLinks links)
    {
        // An entry of 12 bits can begin in one page and end in the next.
        readonly byte[] _page = new byte[PageSize + 1];
        long _at = -1;
        int _table;

        /// <summary>The cluster behind another, or null at the end of the chain.</summary>
        /// <exception cref="GuestFileException">No copy of the table has a sound entry.</exception>
        public async ValueTask<uint?> NextAsync(uint cluster, CancellationToken cancellationToken)
        {
            var first = await EntryAsync(0, cluster, cancellationToken).ConfigureAwait(false);
            if (IsSound(first))
            {
                return Result(first);
            }

            for (var copy = 1; copy < links.TableCount; copy++)
            {
                var entry = await EntryAsync(copy, cluster, cancellationToken).ConfigureAwait(false);
                if (IsSound(entry))
                {
                    return Result(entry);
                }
            }

            throw links.Broken(cluster, first);
        }

        bool IsSound(uint entry) => links.IsCluster(entry) || links.IsEnd(entry);

        uint? Result(uint entry) => links.IsEnd(entry) ? null : entry;

        async ValueTask<uint> EntryAsync(int table, uint cluster, CancellationToken cancellationToken)
        {
            var place = links.Place(cluster);
            var page = place / PageSize * PageSize;
            if (page != _at || table != _table)
            {
                _at = -1;
                var start = links.Table(table) + page;
                var length = (int)Math.Clamp(links.DeviceLength - start, 0, _page.Length);
                _page.AsSpan(length).Clear();
                await links.ReadAsync(start, _page.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
                (_at, _table) = (page, table);
            }

            return links.Value(_page.AsSpan((int)(place - page)), cluster);
        }
    }

    int TableCount => tables.Count;

    long DeviceLength => reader.Device.Length;

    long Table(int index) => tables[index];

    ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) => reader.ReadAsync(offset, buffer, $"file allocation table of {subject}", cancellationToken);

    /// <summary>First byte of an entry in its table.</summary>
    long Place(uint cluster) => width switch { 12 => cluster + (cluster / 2), 16 => (long)cluster * 2, _ => (long)cluster * 4 };

    uint Value(ReadOnlySpan<byte> bytes, uint cluster) => width switch
    {
        12 => (uint)(BinaryPrimitives.ReadUInt16LittleEndian(bytes) >> ((cluster & 1) != 0 ? 4 : 0)) & _mask,
        16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        _ => BinaryPrimitives.ReadUInt32LittleEndian(bytes) & _mask,
    };
}
