using VmProxy.Repository;

namespace VmProxy.Engine.Care;

/// <summary>Checks that a repository holds what was written into it. What it finds makes the next backups store anew what is damaged.</summary>
/// <param name="session">What it works with.</param>
/// <param name="progress">Hears how far it is; may be null.</param>
public sealed class RepositoryCheck(ProxySession session, IProgress<WorkProgress>? progress)
{
    /// <summary>Runs one check.</summary>
    /// <param name="name">The repository's name in the configuration; null for the first.</param>
    /// <param name="request">How much is read.</param>
    /// <param name="cancellationToken">Ends the check early; what was read by then is kept.</param>
    /// <exception cref="RepositoryException">The repository cannot be opened, or went away.</exception>
    public async Task<RepositoryCheckReport> RunAsync(string? name, CheckRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var options = new CheckOptions { ReadData = request.ReadData, ReadDataSubset = request.ReadDataSubset, TimeBudget = request.TimeBudget };
        var settings = session.Settings.FindRepository(name);
        var opened = await session.RepositoryAsync(settings, cancellationToken).ConfigureAwait(false);
        var check = await opened.Repository.CheckAsync(options, progress is null ? null : new Forward(settings.Name, progress), cancellationToken)
            .ConfigureAwait(false);
        return RepositoryCheckReport.Of(opened, check);
    }

    /// <summary>Passes on the steps that are measured in bytes, at once and in order.</summary>
    sealed class Forward(string name, IProgress<WorkProgress> progress) : IProgress<CheckProgress>
    {
        public void Report(CheckProgress value)
        {
            if (value.Step != "points")
            {
                progress.Report(new WorkProgress($"{name}: {value.Step}", value.Done, value.Total));
            }
        }
    }
}
