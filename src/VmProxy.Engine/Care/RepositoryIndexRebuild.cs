using VmProxy.Repository;

namespace VmProxy.Engine.Care;

/// <summary>Makes the index of a repository again from its packs.</summary>
/// <param name="session">What it works with.</param>
/// <param name="progress">Hears how far it is; may be null.</param>
public sealed class RepositoryIndexRebuild(ProxySession session, IProgress<WorkProgress>? progress)
{
    /// <summary>Rebuilds the index. It may run beside backups and restores.</summary>
    /// <exception cref="RepositoryException">REPO_NO_SPACE, REPO_STORE_FAILED: the index is as it was, or better.</exception>
    public async Task<IndexRebuilt> RunAsync(string? name, CancellationToken cancellationToken)
    {
        var opened = await session.RepositoryAsync(session.Settings.FindRepository(name), cancellationToken).ConfigureAwait(false);
        var report = await opened.Repository.RebuildIndexAsync(
            progress is null ? null : new Forward(opened.Settings.Name, progress), cancellationToken).ConfigureAwait(false);
        return new IndexRebuilt(opened.Settings.Name, report);
    }

    sealed class Forward(string name, IProgress<WorkProgress> progress) : IProgress<RebuildProgress>
    {
        public void Report(RebuildProgress value) => progress.Report(new WorkProgress($"{name}: index", value.Packs, value.TotalPacks));
    }
}

/// <summary>What a rebuild of the index did.</summary>
/// <param name="Repository">The repository's name in the configuration.</param>
/// <param name="Index">What was read, how fast, and what of the packs is damaged.</param>
public sealed record IndexRebuilt(string Repository, RebuildReport Index);
