using VmProxy.Engine.Sessions;
using VmProxy.Repository;

namespace VmProxy.Engine.Care;

/// <summary>Creates repositories and tells what they hold.</summary>
/// <param name="session">What it works with.</param>
public sealed class RepositoryCare(ProxySession session)
{
    /// <summary>Creates the repository that the configuration describes.</summary>
    /// <exception cref="RepositoryException">There is one already, or the place is not empty or not writable.</exception>
    public async Task<RepositoryCreated> InitializeAsync(string? name, CancellationToken cancellationToken)
    {
        var settings = session.Settings.FindRepository(name);
        var options = new RepositoryOptions { DefaultChunkSize = (int)settings.ChunkSize.Bytes, PassphraseCost = session.Parts.PassphraseCost };
        var created = await BackupRepository.InitializeAsync(
            OpenedRepository.Store(settings), settings.Key(), options, session.Time, cancellationToken).ConfigureAwait(false);
        await using (created.ConfigureAwait(false))
        {
            return new RepositoryCreated(settings.Name, created.Id, settings.Path, settings.IsEncrypted);
        }
    }

    /// <summary>Counts what a repository holds.</summary>
    public async Task<RepositoryStats> StatisticsAsync(string? name, CancellationToken cancellationToken)
    {
        var settings = session.Settings.FindRepository(name);
        var opened = await session.RepositoryAsync(settings, cancellationToken).ConfigureAwait(false);
        var statistics = await opened.Repository.StatisticsAsync(cancellationToken).ConfigureAwait(false);
        var points = await opened.Repository.ListPointsAsync(cancellationToken).ConfigureAwait(false);
        return new RepositoryStats
        {
            Name = settings.Name,
            Id = opened.Repository.Id,
            Location = settings.Path,
            Points = statistics.Points,
            ProtectedBytes = points.Sum(point => point.Disks.Sum(disk => disk.CapacityBytes)),
            DataBytes = statistics.DataBytes,
            MetadataBytes = statistics.MetadataBytes + statistics.PointBytes,
            IndexBytes = statistics.IndexBytes,
            Chunks = statistics.StoredChunks,
            Packs = statistics.DataPacks + statistics.MetadataPacks,
        };
    }
}
