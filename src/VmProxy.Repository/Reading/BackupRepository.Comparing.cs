using VmProxy.Repository.Maps;

namespace VmProxy.Repository;

/// <content>Comparing with what is stored, without reading it.</content>
public sealed partial class BackupRepository
{
    /// <summary>Opens a map for comparing content with the ids that it names.</summary>
    /// <exception cref="RepositoryException">REPO_DAMAGED: the map makes no sense. REPO_STORE_FAILED.</exception>
    public async Task<MapComparison> OpenComparisonAsync(DiskMap map, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(map);
        return new MapComparison(await MapReaderAsync(map, cancellationToken).ConfigureAwait(false), Keys);
    }

    /// <summary>Opens a comparison with a disk of zeros.</summary>
    /// <param name="length">Size of the disk in bytes.</param>
    /// <param name="chunkSize">Size of a chunk in bytes: a power of two from 512 to 4 MiB.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<MapComparison> OpenComparisonWithZerosAsync(long length, int chunkSize, CancellationToken cancellationToken) => OpenComparisonAsync(
        new DiskMap { Length = length, ChunkSize = chunkSize, Levels = MapShape.Levels(MapShape.Chunks(length, chunkSize)) }, cancellationToken);
}
