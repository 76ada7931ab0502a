using System.Globalization;

namespace VmProxy.Repository.Maintenance;

/// <summary>Frees the room of deleted points beside running backups (docs/FORMAT.md, "Maintenance").</summary>
internal sealed class Prune(BackupRepository repository, PruneOptions options, IProgress<PruneProgress>? progress)
{
    /// <exception cref="RepositoryException">REPO_LEASE_HELD, REPO_LEASE_LOST, REPO_PRUNE_REFUSED.</exception>
    public async Task<PruneReport> RunAsync(CancellationToken cancellationToken)
    {
        await repository.Keys.RefreshAsync(cancellationToken).ConfigureAwait(false);
        if (options.DryRun)
        {
            return await new PrunePass(repository, options, null, progress).RunAsync(condemns: true, cancellationToken).ConfigureAwait(false);
        }

        var lease = await MaintenanceLease.AcquireAsync(
            repository.Store, repository.Sessions.Notes, repository.Time, options.LeaseTime, options.Owner ?? BackupRepository.Owner, cancellationToken)
            .ConfigureAwait(false);
        try
        {
            await repository.RequireSessionsAsync(cancellationToken).ConfigureAwait(false);
            var report = await new PrunePass(repository, options, lease, progress).RunAsync(condemns: true, cancellationToken).ConfigureAwait(false);
            if (options.Grace <= TimeSpan.Zero && report.Condemned.Count > 0)
            {
                // Nobody may be waited for, or has ended since: the second look at what was condemned may come at once.
                var second = await new PrunePass(repository, options, lease, progress).RunAsync(condemns: false, cancellationToken).ConfigureAwait(false);
                report = Join(report, second);
            }

            return report with { TemporaryFilesRemoved = (repository.Store as LocalObjectStore)?.RemoveAbandoned(repository.Time) ?? 0 };
        }
        finally
        {
            await lease.ReleaseAsync().ConfigureAwait(false);
        }
    }

    static PruneReport Join(PruneReport first, PruneReport second) => second with
    {
        PointsRemoved = first.PointsRemoved + second.PointsRemoved,
        VoidPointsRemoved = first.VoidPointsRemoved + second.VoidPointsRemoved,
        SessionsClosed = first.SessionsClosed + second.SessionsClosed,
        Condemned = first.Condemned,
        Rewritten = first.Rewritten,
        Written = first.Written,
        Deleted = new PackTotals(first.Deleted.Count + second.Deleted.Count, first.Deleted.Bytes + second.Deleted.Bytes),
        Resurrected = new PackTotals(first.Resurrected.Count + second.Resurrected.Count, first.Resurrected.Bytes + second.Resurrected.Bytes),
        NotRewritable = first.NotRewritable,
        SegmentsRewritten = first.SegmentsRewritten + second.SegmentsRewritten,
    };

    /// <summary>Refuses, naming what cannot be relied on.</summary>
    public static RepositoryException Refused(IReadOnlyCollection<RepositoryException> problems)
    {
        var names = string.Join(", ", problems.Take(5).Select(problem => problem.Object));
        var more = problems.Count > 5 ? string.Create(CultureInfo.InvariantCulture, $" and {problems.Count - 5} more") : "";
        return new RepositoryException(RepositoryErrorCodes.PruneRefused, problems.First().Object,
            $"Nothing was deleted, because what is in use cannot be known: {names}{more} cannot be read. {problems.First().Message} "
            + "Run 'vmproxy repo check'; a damaged index is made again by 'vmproxy repo check --rebuild-index', a damaged point that no copy of the store can bring back goes by removing its object by hand.",
            problems.First());
    }

    public static RepositoryException RefusedIndex(IReadOnlyList<string> segments) =>
        Refused([.. segments.Select(name => RepositoryException.Damaged(name, "The index segment is damaged."))]);
}
