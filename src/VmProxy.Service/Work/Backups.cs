using VmProxy.Catalog;
using VmProxy.Engine;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Selection;

namespace VmProxy.Service.Work;

/// <summary>What the VMs have of backups at a moment.</summary>
/// <param name="Vms">Each VM with its newest good point and since when it is known.</param>
/// <param name="Uncovered">The VMs that no job selects or excludes.</param>
/// <param name="Missing">Of the VMs that a scheduled job selects, those without a good point that is young enough.</param>
/// <param name="Away">The vCenters that could not be read, by name, and why: nothing is known of their VMs.</param>
sealed record Backups(IReadOnlyList<VmBackups> Vms, IReadOnlyList<CoveredVm> Uncovered, IReadOnlyList<VmBackups> Missing, IReadOnlyDictionary<string, Failure> Away)
{
    // A clock that was wrong may have left points of the future: they say nothing of how recent a backup is.
    static readonly TimeSpan Slack = TimeSpan.FromHours(1);

    /// <summary>Looks at all VMs of all vCenters that can be read.</summary>
    public static async Task<Backups> ReadAsync(ProxySession session, CancellationToken cancellationToken)
    {
        Dictionary<string, Failure> away = [];
        var coverage = await new CoverageReporter(session).RunAsync(away, cancellationToken).ConfigureAwait(false);
        var now = session.Time.GetUtcNow();
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        List<VmBackups> vms = [];
        foreach (var vm in coverage.Where(vm => vm is { Coverage: VmCoverage.Covered, InstanceUuid: not null }))
        {
            var key = new VmKey(vm.VcenterUuid, vm.InstanceUuid!);
            var points = await catalog.Points.ListAsync(new PointFilter { Vm = key }, cancellationToken).ConfigureAwait(false);
            var good = points.Where(point => point.Health != PointHealth.Damaged && point.TakenAt <= now + Slack).Select(point => (DateTimeOffset?)point.TakenAt).Max();
            vms.Add(new VmBackups(vm, good, (await catalog.Vms.FindAsync(key, cancellationToken).ConfigureAwait(false))?.FirstSeenAt));
        }

        var limit = now - session.Settings.Notifications.MissingAfter;
        // A VM that nobody has seen before has its first night still before it.
        return new Backups(
            vms,
            session.Settings.Jobs.Count == 0 ? [] : [.. coverage.Where(vm => vm.Coverage == VmCoverage.Uncovered)],
            [.. vms.Where(vm => vm.Vm.Scheduled && (vm.NewestGood ?? vm.FirstSeen ?? now) < limit)],
            away);
    }
}

/// <summary>What a VM has of backups.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="NewestGood">When its newest good point was taken; null when it has none.</param>
/// <param name="FirstSeen">When it was first seen; null when it never was.</param>
sealed record VmBackups(CoveredVm Vm, DateTimeOffset? NewestGood, DateTimeOffset? FirstSeen);
