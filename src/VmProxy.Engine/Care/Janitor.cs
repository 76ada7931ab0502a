using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Sessions;

namespace VmProxy.Engine.Care;

/// <summary>
/// Undoes what a run that died left in vCenter: first attached disks, then snapshots. What the journal or our keyed mark does not prove to be
/// ours is reported, never touched; nor is anything of a run whose owner lives.
/// </summary>
/// <param name="session">What it works with.</param>
public sealed class Janitor(ProxySession session)
{
    /// <summary>Sweeps as a run of its own, because somebody asked for it.</summary>
    public Task<JanitorReport> RunAsync(CancellationToken cancellationToken) => RunAsync(SweepOccasion.Command, cancellationToken);

    /// <summary>Sweeps as a run of its own.</summary>
    /// <param name="occasion">Why: a consolidation that failed is tried at once on command, and after a while otherwise.</param>
    /// <param name="cancellationToken">Cancels; what was begun is finished by the next sweep.</param>
    /// <returns>What was put right, what was left alone, and what went wrong. A vCenter that cannot be reached is among the errors.</returns>
    public async Task<JanitorReport> RunAsync(SweepOccasion occasion, CancellationToken cancellationToken)
    {
        var run = await RunScope.BeginAsync(session, RunKind.Janitor, job: null, level: null, cancellationToken).ConfigureAwait(false);
        await using (run.ConfigureAwait(false))
        {
            var report = await run.DoAsync(token => SweepAsync(run.Id, occasion, token)).ConfigureAwait(false);
            var outcome = report.Errors.Count > 0 ? RunOutcome.Failed : report.Findings.Count > 0 ? RunOutcome.Warning : RunOutcome.Succeeded;
            await run.EndAsync(outcome, report.Errors.Count > 0 ? report.Errors[0] : null).ConfigureAwait(false);
            return report;
        }
    }

    /// <summary>Sweeps as a part of a run, before it begins its own work.</summary>
    internal async Task<JanitorReport> SweepAsync(string runId, SweepOccasion occasion, CancellationToken cancellationToken)
    {
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        var open = await catalog.Journal.ListOpenAsync(cancellationToken).ConfigureAwait(false);
        var now = session.Time.GetUtcNow();
        var ours = open.Where(record => record.Owner.RunId != runId).ToArray();
        var alive = ours.Where(record => record.Owner.IsOwnerAlive(now, session.Parts.Processes)).ToArray();
        var sweep = new Sweep(catalog, session.Parts, session.Time) { RunId = runId, Occasion = occasion, OwnedByRunningRuns = alive.Length };

        var unreached = 0;
        foreach (var settings in session.Settings.VCenters)
        {
            try
            {
                var vcenter = await session.VcenterAsync(settings, cancellationToken).ConfigureAwait(false);
                var mine = ours.Except(alive).Where(record => record.Entry.VcenterUuid == vcenter.Connection.InstanceUuid).ToArray();
                ours = [.. ours.Except(mine)];
                await SweepAsync(vcenter, sweep, mine, alive, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (Expected.Failure(exception, $"vCenter {settings.Name}", "look for left-overs") is { } failure)
            {
                unreached++;
                sweep.Errors.Add(failure);
            }
        }

        // An entry of a vCenter that did not answer is not one of an unknown vCenter.
        foreach (var record in unreached > 0 ? [] : ours.Except(alive))
        {
            sweep.Findings.Add(new Failure(
                ReasonCodes.VcenterUnknown, record.Entry.VmName, $"undo the {record.Entry.Kind.ToString().ToLowerInvariant()}",
                $"It was made in vCenter {record.Entry.VcenterUuid}, which is not configured any more.", "Configure it again (VmProxy:VCenters)."));
        }

        return sweep.Report();
    }

    async Task SweepAsync(
        OpenedVcenter vcenter, Sweep sweep, IEnumerable<JournalRecord> mine, IEnumerable<JournalRecord> alive, CancellationToken cancellationToken)
    {
        var catalog = sweep.Catalog;
        var inventory = await vcenter.Connection.ReadInventoryAsync(cancellationToken).ConfigureAwait(false);
        var place = new SweptVcenter(vcenter, inventory, sweep);
        foreach (var record in mine.OrderBy(Turn).ThenBy(record => record.Id))
        {
            if (await catalog.Journal.TryTakeOverAsync(record, sweep.RunId, cancellationToken).ConfigureAwait(false))
            {
                await place.UndoAsync(record, cancellationToken).ConfigureAwait(false);
            }
        }

        var busy = alive.Select(record => record.Entry.RunId).Append(sweep.RunId).ToHashSet();
        await place.FindMarkedSnapshotsAsync(busy, cancellationToken).ConfigureAwait(false);
        await place.FindForeignDisksAsync(session.Settings.Transports.HotAdd.ProxyVm, cancellationToken).ConfigureAwait(false);
        await place.ReportOtherSnapshotsAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A disk is detached before its snapshot goes, and change tracking is never switched while there are snapshots.</summary>
    static int Turn(JournalRecord record) => record.Entry.Kind switch
    {
        JournalKind.Attach => 0,
        JournalKind.Snapshot => 1,
        _ => 2,
    };
}
