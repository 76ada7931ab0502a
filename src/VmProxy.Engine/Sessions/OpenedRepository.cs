using VmProxy.Engine.Configuration;
using VmProxy.Repository;

namespace VmProxy.Engine.Sessions;

/// <summary>A repository that is open, with its place in the configuration.</summary>
/// <param name="Settings">Its place in the configuration.</param>
/// <param name="Repository">The repository.</param>
public sealed record OpenedRepository(RepositorySettings Settings, BackupRepository Repository)
{
    internal static async Task<OpenedRepository> OpenAsync(RepositorySettings settings, TimeProvider time, CancellationToken cancellationToken) =>
        new(settings, await BackupRepository.OpenAsync(Store(settings), settings.Key(), time, cancellationToken, settings.CompressionLevel)
            .ConfigureAwait(false));

    internal static LocalObjectStore Store(RepositorySettings settings) => new(settings.Path);
}
