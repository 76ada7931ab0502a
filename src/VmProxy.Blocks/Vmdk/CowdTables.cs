using System.Buffers;
using System.Buffers.Binary;

namespace VmProxy.Blocks.Vmdk;

/// <summary>
/// The grain directory (whole, at most 4 MiB) and a bounded number of grain tables of a redo log. Tables are loaded when they are first
/// asked for; changes go to the file at once, so that an evicted table loses nothing.
/// </summary>
sealed class CowdTables(IBlockDevice file, CowdHeader header, uint[] directory, string name) : IDisposable
{
    /// <summary>4 MiB of tables; at 512-byte grains they cover 512 MiB of the disk.</summary>
    const int MaxCached = 256;

    readonly SemaphoreSlim _changes = new(1, 1);
    readonly RecentTables _recent = new(MaxCached);

    public static async ValueTask<CowdTables> LoadAsync(
        IBlockDevice file, CowdHeader header, string name, CancellationToken cancellationToken)
    {
        var directory = new uint[header.DirectoryEntries];
        await RecentTables.ReadEntriesAsync(file, (long)header.DirectorySector * VmdkDescriptor.SectorSize, directory, cancellationToken)
            .ConfigureAwait(false);
        return new CowdTables(file, header, directory, name);
    }

    public bool HasTable(int index) => Volatile.Read(ref directory[index]) != 0;

    /// <summary>A grain table; the array is live and must not be kept.</summary>
    public ValueTask<uint[]> GetAsync(int index, CancellationToken cancellationToken)
    {
        var table = _recent.Find(index);
        return table is null ? LoadGuardedAsync(index, cancellationToken) : new ValueTask<uint[]>(table);
    }

    /// <summary>Sets neighbouring entries of one table, which must exist, and writes them to <paramref name="target"/>.</summary>
    public async ValueTask SetAsync(
        IWritableBlockDevice target, int index, int first, int count, uint firstSector, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        var bytes = ArrayPool<byte>.Shared.Rent(count * sizeof(uint));
        try
        {
            var table = _recent.Find(index) ?? await LoadAsync(index, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < count; i++)
            {
                var sector = firstSector + ((uint)i * header.GrainSectors);
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), sector);
            }

            var offset = ((long)directory[index] * VmdkDescriptor.SectorSize) + (first * sizeof(uint));
            await target.WriteAsync(offset, bytes.AsMemory(0, count * sizeof(uint)), cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < count; i++)
            {
                Volatile.Write(ref table[first + i], firstSector + ((uint)i * header.GrainSectors));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            _changes.Release();
        }
    }

    /// <summary>Writes an empty table at <paramref name="sector"/> and enters it into the directory.</summary>
    public async ValueTask AddAsync(IWritableBlockDevice target, int index, uint sector, CancellationToken cancellationToken)
    {
        var bytes = new byte[CowdHeader.TableBytes];
        await target.WriteAsync((long)sector * VmdkDescriptor.SectorSize, bytes, cancellationToken).ConfigureAwait(false);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, sector);
        var entry = ((long)header.DirectorySector * VmdkDescriptor.SectorSize) + ((long)index * sizeof(uint));
        await target.WriteAsync(entry, bytes.AsMemory(0, sizeof(uint)), cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref directory[index], sector);
    }

    public void Dispose() => _changes.Dispose();

    /// <summary>Loading excludes changing: a table read from the file while it changes there must not enter the cache.</summary>
    async ValueTask<uint[]> LoadGuardedAsync(int index, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _recent.Find(index) ?? await LoadAsync(index, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _changes.Release();
        }
    }

    async ValueTask<uint[]> LoadAsync(int index, CancellationToken cancellationToken)
    {
        var sector = directory[index];
        var offset = (long)sector * VmdkDescriptor.SectorSize;
        if (sector < header.FirstDataSector || offset > file.Length - CowdHeader.TableBytes)
        {
            throw CowdHeader.Invalid(name, $"grain table {index} lies at sector {sector}, outside the {file.Length} bytes of the file");
        }

        var table = new uint[CowdHeader.TableEntries];
        await RecentTables.ReadEntriesAsync(file, offset, table, cancellationToken).ConfigureAwait(false);
        _recent.Add(index, table);
        return table;
    }
}
