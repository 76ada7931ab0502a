using System.Collections.Concurrent;
using VmProxy.Repository.Index;
using VmProxy.Repository.Maps;
using VmProxy.Repository.Reading;

namespace VmProxy.Repository.Checking;

/// <summary>
/// Walks the maps of points: every page must be readable, every chunk must lie where no damage is known. Pages below which all is whole are
/// visited once, however many points share them; the others once a disk, so that each range that is hit is named.
/// </summary>
/// <param name="index">The index, whose <see cref="ChunkIndex.Unusable"/> grows with what the walk finds.</param>
/// <param name="reader">Reads pages.</param>
/// <param name="book">Where damage is noted.</param>
/// <param name="store">Tells a bad object from a store that went away.</param>
/// <param name="workers">Leaves that are looked at side by side.</param>
internal sealed class MapWalk(ChunkIndex index, ChunkReader reader, DamageBook book, StoreReader store, int workers)
{
    const int CachedPages = 64;
    readonly ConcurrentDictionary<(ulong, ulong), bool> _whole = [];
    long _pages;
    long _chunks;

    public long Pages => Interlocked.Read(ref _pages);

    public long Chunks => Interlocked.Read(ref _chunks);

    public DamageBook Book => book;

    public ChunkIndex Index => index;

    public int Workers => workers;

    public bool IsWhole(ChunkId page) => _whole.ContainsKey(KeyOf(page));

    public void SetWhole(ChunkId page) => _whole.TryAdd(KeyOf(page), true);

    public void CountChunks(int chunks) => Interlocked.Add(ref _chunks, chunks);

    /// <returns>True when nothing that the point needs is hit.</returns>
    public async Task<bool> PointAsync(RestorePoint point, CancellationToken cancellationToken)
    {
        var whole = true;
        foreach (var disk in point.Disks)
        {
            whole &= await DiskAsync(new DiskOfPoint(point.Id, point.Vm.Name, disk.Label, disk.Key), disk.Map, cancellationToken).ConfigureAwait(false);
        }

        foreach (var blob in point.Blobs)
        {
            whole &= await BlobAsync(new DiskOfPoint(point.Id, point.Vm.Name, blob.Name, null), blob, cancellationToken).ConfigureAwait(false);
        }

        return whole;
    }

    /// <returns>True when nothing of the disk is hit.</returns>
    public async Task<bool> DiskAsync(DiskOfPoint disk, DiskMap map, CancellationToken cancellationToken)
    {
        ChunkId root;
        try
        {
            _ = MapShape.Require(map);
            root = map.RootId;
        }
        catch (RepositoryException)
        {
            var range = new DiskRange(0, Math.Clamp(map.Length, 0, MapShape.MaxLength));
            book.AddUse(CheckCodes.Map, $"points/{disk.Point}", "The map's length, chunk size, levels and root do not fit together.", disk, range);
            return false;
        }

        var walk = new DiskWalk(this, disk, map, new PageCache(ReadAsync, CachedPages));
        return await walk.PageAsync(root, map.Levels - 1, 0, cancellationToken).ConfigureAwait(false);
    }

    async Task<bool> BlobAsync(DiskOfPoint file, BlobReference blob, CancellationToken cancellationToken)
    {
        var (position, whole) = (0L, true);
        foreach (var chunk in blob.Chunks)
        {
            var left = blob.Length - position;
            if (!ChunkId.TryParse(chunk, out var id))
            {
                book.AddUse(CheckCodes.Map, $"points/{file.Point}", $"The file {blob.Name} names a chunk that cannot be one.", file, new DiskRange(position, left));
                return false;
            }

            try
            {
                position += (await ReadAsync(id, cancellationToken).ConfigureAwait(false)).Length;
            }
            catch (PageLostException lost)
            {
                lost.Report(book, file, new DiskRange(position, left));
                return false;
            }
        }

        if (position != blob.Length)
        {
            book.AddUse(CheckCodes.Map, $"points/{file.Point}", $"The file {blob.Name} has {position} bytes where the point says {blob.Length}.", file, new DiskRange(0, blob.Length));
            whole = false;
        }

        return whole;
    }

    /// <summary>A page's bytes from whichever of its places proves itself.</summary>
    async ValueTask<byte[]> ReadAsync(ChunkId id, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!index.TryFind(id, out var location))
            {
                throw new PageLostException(null);
            }

            if (index.Unusable.StateOf(location) == LocationState.Damaged)
            {
                throw new PageLostException(location);
            }

            try
            {
                var content = await reader.ReadMetadataAsync(id, location, cancellationToken).ConfigureAwait(false);
                Interlocked.Increment(ref _pages);
                return content;
            }
            catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.Damaged)
            {
                book.AddFrame(location.Pack.Header.Id, location.Pack.Header.ObjectName, location.Offset, location.Length, $"At byte {location.Offset}, the frame does not prove itself.");
            }
            catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.StoreFailed)
            {
                await store.RequireStoreAsync(cancellationToken).ConfigureAwait(false);
                book.AddFrame(location.Pack.Header.Id, location.Pack.Header.ObjectName, location.Offset, location.Length, $"At byte {location.Offset}, the store cannot read the frame.");
            }

            index.Unusable = index.Unusable with { DamagedFrames = [.. index.Unusable.DamagedFrames, (location.Pack.Header.Id, location.Offset)] };
        }
    }

    // Half of a keyed hash names a page well enough.
    static (ulong, ulong) KeyOf(ChunkId page) => (page.A, page.B);
}
