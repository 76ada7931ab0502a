using VmProxy.Catalog;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Sessions;
using VmProxy.Repository;

namespace VmProxy.Engine.Retention;

/// <summary>Brings together what the keep rules need to know about a repository's points.</summary>
sealed class RetentionPlanner(ProxySession session)
{
    /// <summary>Judges every point of a repository, VM by VM.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="instead">Rules in place of the configured ones; null for those.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<IReadOnlyList<JudgedPoint>> JudgeAsync(OpenedRepository repository, KeepSettings? instead, CancellationToken cancellationToken)
    {
        var points = await repository.Repository.ListPointsAsync(cancellationToken).ConfigureAwait(false);
        var holds = (await repository.Repository.ListHoldsAsync(cancellationToken).ConfigureAwait(false)).Select(hold => hold.Point).ToHashSet(StringComparer.Ordinal);
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        var known = await catalog.Points.ListAsync(new PointFilter { RepositoryId = repository.Repository.Id }, cancellationToken).ConfigureAwait(false);
        var damaged = known.Where(record => record.Health == PointHealth.Damaged).Select(record => record.Id).ToHashSet(StringComparer.Ordinal);

        List<JudgedPoint> judged = [];
        foreach (var vm in points.GroupBy(point => (point.Vm.VcenterUuid, point.Vm.InstanceUuid)))
        {
            var byId = vm.ToDictionary(point => point.Id, StringComparer.Ordinal);
            var policy = instead ?? PolicyOf(session.Settings, vm.MaxBy(point => point.Time)!.Job, repository.Settings);
            var candidates = vm.Select(point => new KeepCandidate(point.Id, point.Time, holds.Contains(point.Id), !damaged.Contains(point.Id)));
            judged.AddRange(KeepRules.Decide(candidates, policy, session.Time.LocalTimeZone, session.Time.GetUtcNow()).Select(verdict => new JudgedPoint(byId[verdict.Point.Id], verdict.Reasons)));
        }

        return judged;
    }

    /// <summary>
    /// The job that made the VM's newest point decides, if it has rules; else the repository does. A job that does not exist any more may have been renamed:
    /// what any rule of this repository would keep then stays, until a job of now has backed the VM up.
    /// </summary>
    internal static KeepSettings? PolicyOf(ProxySettings settings, string? job, RepositorySettings repository)
    {
        if (repository.Keep is null || string.IsNullOrEmpty(job) || settings.Jobs.Any(one => one.Name.Equals(job, StringComparison.OrdinalIgnoreCase)))
        {
            return settings.Jobs.FirstOrDefault(one => one.Name.Equals(job, StringComparison.OrdinalIgnoreCase))?.Keep ?? repository.Keep;
        }

        KeepSettings[] all = [repository.Keep, .. settings.Jobs.Where(one => settings.RepositoryOf(one).Name == repository.Name).Select(one => one.Keep).OfType<KeepSettings>()];
        return new KeepSettings
        {
            Last = all.Max(keep => keep.Last),
            Hourly = all.Max(keep => keep.Hourly),
            Daily = all.Max(keep => keep.Daily),
            Weekly = all.Max(keep => keep.Weekly),
            Monthly = all.Max(keep => keep.Monthly),
            Yearly = all.Max(keep => keep.Yearly),
        };
    }
}

/// <summary>A point and the rules that want it; none: it goes.</summary>
sealed record JudgedPoint(RestorePoint Point, IReadOnlyList<string> Reasons)
{
    public bool IsKept => Reasons.Count > 0;

    public bool IsNewestGood => Reasons.Contains(KeepRules.NewestGood);
}
