using VmProxy.Engine.Retention;
using VmProxy.Engine.Sessions;
using VmProxy.Repository;

namespace VmProxy.Engine.Care;

/// <summary>Deletes the points that no keep rule wants, and lets the repository reclaim what nothing uses.</summary>
/// <param name="session">What it works with.</param>
/// <param name="progress">Hears how far it is; may be null.</param>
public sealed class RepositoryPrune(ProxySession session, IProgress<WorkProgress>? progress)
{
    /// <summary>Prunes a repository. It may run beside backups, restores and other prunes.</summary>
    /// <exception cref="RepositoryException">
    /// REPO_PRUNE_REFUSED: something cannot be read, so nobody can tell what is in use. REPO_LEASE_HELD: another prune is at work.
    /// </exception>
    public async Task<PruneResult> RunAsync(PruneRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var opened = await session.RepositoryAsync(session.Settings.FindRepository(request.Repository), cancellationToken).ConfigureAwait(false);
        var judged = await new RetentionPlanner(session).JudgeAsync(opened, request.Keep, cancellationToken).ConfigureAwait(false);
        List<PrunedPoint> points = [];
        foreach (var (point, reasons) in judged)
        {
            var kept = reasons.Count > 0 || (!request.DryRun && !await TryDeleteAsync(opened, point.Id, cancellationToken).ConfigureAwait(false));
            points.Add(new PrunedPoint(point.Id, point.Vm.Name, point.Time, kept, reasons));
        }

        var options = new PruneOptions
        {
            Grace = request.Grace ?? opened.Settings.PruneGrace,
            DryRun = request.DryRun,
            WithoutPoints = [.. points.Where(point => !point.Kept).Select(point => point.Point)],
        };
        var report = await opened.Repository.PruneAsync(
            options, progress is null ? null : new Forward(opened.Settings.Name, progress), cancellationToken).ConfigureAwait(false);
        return PruneResult.Of(opened.Settings.Name, points, report);
    }

    /// <summary>False when somebody has put a hold on the point since the rules were asked.</summary>
    async Task<bool> TryDeleteAsync(OpenedRepository opened, string id, CancellationToken cancellationToken)
    {
        try
        {
            await opened.Repository.DeletePointAsync(id, cancellationToken).ConfigureAwait(false);
        }
        catch (RepositoryException exception) when (exception.Code == RepositoryErrorCodes.PointHeld)
        {
            return false;
        }
        catch (RepositoryException exception) when (exception.Code == RepositoryErrorCodes.PointNotFound)
        {
            // Another prune was quicker.
        }

        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        await catalog.Points.DeleteAsync(opened.Repository.Id, id, cancellationToken).ConfigureAwait(false);
        return true;
    }

    sealed class Forward(string name, IProgress<WorkProgress> progress) : IProgress<PruneProgress>
    {
        public void Report(PruneProgress value) => progress.Report(new WorkProgress($"{name}: {value.Step}", value.Done, value.Total));
    }
}
