using VmProxy.Engine.Backup;
using VmProxy.Repository;

namespace VmProxy.Engine.Care;

/// <summary>Checks that a repository holds what was written into it. What it finds makes the next backups store anew what is damaged.</summary>
/// <param name="session">What it works with.</param>
/// <param name="progress">Hears how far it is; may be null.</param>
public sealed class RepositoryCheck(ProxySession session, IProgress<WorkProgress>? progress)
{
    /// <summary>Runs one check.</summary>
    /// <param name="name">The repository's name in the configuration; null for the first.</param>
    /// <param name="options">How much is read.</param>
    /// <param name="cancellationToken">Ends the check early; what was read by then is kept.</param>
    /// <exception cref="RepositoryException">The repository cannot be opened, or went away.</exception>
    public async Task<RepositoryCheckReport> RunAsync(string? name, CheckOptions options, CancellationToken cancellationToken)
    {
        var settings = session.Settings.FindRepository(name);
        var opened = await session.RepositoryAsync(settings, cancellationToken).ConfigureAwait(false);
        var check = await opened.Repository.CheckAsync(options, progress is null ? null : new Forward(settings.Name, progress), cancellationToken)
            .ConfigureAwait(false);
        var outcome = check.IsClean ? Outcome.Done : check.LosesData ? Outcome.Failed : Outcome.Warning;
        return new RepositoryCheckReport(settings.Name, opened.Repository.Id, settings.Path, outcome, check);
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

/// <summary>What <c>repo check</c> found.</summary>
/// <param name="Name">The repository's name in the configuration.</param>
/// <param name="Id">Its identity.</param>
/// <param name="Location">Where it lies.</param>
/// <param name="Outcome">Done: clean. Failed: a restore point, or the way to the keys, is hit. Warning: damage that costs no point anything.</param>
/// <param name="Check">The details.</param>
public sealed record RepositoryCheckReport(string Name, string Id, string Location, Outcome Outcome, CheckReport Check);
