namespace VmProxy.Blocks.Vmdk;

/// <summary>
/// The grain directory (whole, at most 16 MiB) and a bounded number of grain tables, loaded when they are first asked for. Where a table
/// cannot be read or cannot be right, its redundant copy is taken, if there is one.
/// </summary>
sealed class SparseTables : IDisposable
{
    public const uint NotHeld = 0;
    public const uint ZeroGrain = 1;

    const int TableBytes = SparseHeader.TableEntries * sizeof(uint);

    /// <summary>1 MiB of tables; at grains of 64 KiB they cover 16 GiB of the disk.</summary>
    const int MaxCached = 512;

    readonly IBlockDevice _file;
    readonly SparseGeometry _geometry;
    readonly SparseTableCheck _check;
    readonly string _name;
    readonly uint[] _directory;
    readonly uint[]? _redundant;
    readonly SemaphoreSlim _loading = new(1, 1);
    readonly RecentTables _recent = new(MaxCached);

    SparseTables(IBlockDevice file, SparseGeometry geometry, string name, uint[] directory, uint[]? redundant)
    {
        _file = file;
        _geometry = geometry;
        _check = new SparseTableCheck(geometry, name);
        _name = name;
        _directory = directory;
        _redundant = redundant;
    }

    /// <summary>Reads the directories.</summary>
    /// <exception cref="BlockDeviceException">None of them can be read.</exception>
    public static async ValueTask<SparseTables> LoadAsync(
        IBlockDevice file, SparseGeometry geometry, string name, CancellationToken cancellationToken)
    {
        uint[]? directory = null;
        if (geometry.Directory >= 0)
        {
            try
            {
                directory = await ReadAsync(file, geometry.Directory, geometry.Tables, cancellationToken).ConfigureAwait(false);
            }
            catch (BlockDeviceException) when (geometry.Redundant >= 0)
            {
            }
        }

        if (geometry.Redundant < 0)
        {
            return new SparseTables(file, geometry, name, directory!, redundant: null);
        }

        try
        {
            var redundant = await ReadAsync(file, geometry.Redundant, geometry.Tables, cancellationToken).ConfigureAwait(false);
            return new SparseTables(file, geometry, name, directory ?? redundant, directory is null ? null : redundant);
        }
        catch (BlockDeviceException) when (directory is not null)
        {
            return new SparseTables(file, geometry, name, directory, redundant: null);
        }
    }

    /// <summary>False when nothing of what the table covers is held. Entries do not go: one that is in one directory alone was lost in the other.</summary>
    public bool HasTable(int index) => _directory[index] != 0 || _redundant?[index] > 0;

    /// <summary>A grain table whose entries have been checked. The array is shared and must not be changed.</summary>
    /// <exception cref="BlockDeviceException">Neither it nor its copy can be read and be right.</exception>
    public ValueTask<uint[]> GetAsync(int index, CancellationToken cancellationToken)
    {
        var table = _recent.Find(index);
        return table is null ? LoadGuardedAsync(index, cancellationToken) : new ValueTask<uint[]>(table);
    }

    public void Dispose() => _loading.Dispose();

    async ValueTask<uint[]> LoadGuardedAsync(int index, CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var table = _recent.Find(index);
            if (table is null)
            {
                table = await LoadAnyAsync(index, cancellationToken).ConfigureAwait(false);
                _recent.Add(index, table);
            }

            return table;
        }
        finally
        {
            _loading.Release();
        }
    }

    async ValueTask<uint[]> LoadAnyAsync(int index, CancellationToken cancellationToken)
    {
        var second = _redundant?[index] ?? 0;
        if (_directory[index] == 0)
        {
            return await LoadAsync(index, second, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await LoadAsync(index, _directory[index], cancellationToken).ConfigureAwait(false);
        }
        catch (BlockDeviceException first) when (second != 0 && second != _directory[index])
        {
            try
            {
                return await LoadAsync(index, second, cancellationToken).ConfigureAwait(false);
            }
            catch (BlockDeviceException copy)
            {
                throw SparseError.Damaged(_name, $"grain table {index} and its redundant copy are both lost ({first.Message} {copy.Message})", first);
            }
        }
    }

    async ValueTask<uint[]> LoadAsync(int index, uint sector, CancellationToken cancellationToken)
    {
        if (!_geometry.CanHold(sector, TableBytes))
        {
            throw SparseError.Damaged(
                _name, $"grain table {index} lies at sector {sector}, in the header or outside the {_geometry.FileLength} bytes of the file");
        }

        var table = await ReadAsync(_file, (long)sector * VmdkDescriptor.SectorSize, SparseHeader.TableEntries, cancellationToken)
            .ConfigureAwait(false);
        _check.ThrowIfInsane(index, sector, table);
        return table;
    }

    static async ValueTask<uint[]> ReadAsync(IBlockDevice file, long offset, int count, CancellationToken cancellationToken)
    {
        var entries = new uint[count];
        await RecentTables.ReadEntriesAsync(file, offset, entries, cancellationToken).ConfigureAwait(false);
        return entries;
    }
}
