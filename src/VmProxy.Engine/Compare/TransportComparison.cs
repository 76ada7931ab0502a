using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Care;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Sessions;
using VmProxy.Engine.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Compare;

/// <summary>
/// Reads the same random blocks of a VM's disks by every transport that can, all from one snapshot, and records in the catalog what that proves for the
/// host's build and the disks' forms. The snapshot is made, journalled and removed as a backup's is.
/// </summary>
/// <param name="session">What it works with.</param>
public sealed class TransportComparison(ProxySession session)
{
    const string JobName = "compare";

    /// <summary>Compares.</summary>
    /// <param name="vmName">The VM's exact name.</param>
    /// <param name="cancellationToken">Ends the work; what was changed is undone.</param>
    /// <exception cref="EngineException">There is no such VM, several have the name, or it cannot be read.</exception>
    public async Task<ComparisonReport> RunAsync(string vmName, CancellationToken cancellationToken)
    {
        var (vcenter, inventory, vm) = await FindAsync(vmName, cancellationToken).ConfigureAwait(false);
        var run = await RunScope.BeginAsync(session, RunKind.Compare, JobName, level: null, cancellationToken).ConfigureAwait(false);
        await using (run.ConfigureAwait(false))
        {
            var report = await run.DoAsync(token => CompareAsync(run.Id, vcenter, inventory, vm, token)).ConfigureAwait(false);
            await run.EndAsync(
                report.Outcome switch { Outcome.Done => RunOutcome.Succeeded, Outcome.Warning => RunOutcome.Warning, _ => RunOutcome.Failed },
                report.Warnings.Count > 0 ? report.Warnings[0] : null).ConfigureAwait(false);
            return report;
        }
    }

    async Task<ComparisonReport> CompareAsync(
        string runId, OpenedVcenter vcenter, Inventory inventory, VirtualMachine vm, CancellationToken cancellationToken)
    {
        await new Janitor(session).SweepAsync(runId, SweepOccasion.RunStart, cancellationToken).ConfigureAwait(false);
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        var changes = new ChangeLog(catalog, session.Parts.Checkpoints, runId, vcenter.Connection.InstanceUuid);
        using var transports = await TransportFactory.CreateAsync(session, vcenter, inventory, changes, new TransportWishes(), cancellationToken)
            .ConfigureAwait(false);
        var log = session.Loggers.CreateLogger<TransportComparison>();
        var guard = new SpaceGuard(GuardScope.Of(session, runId, catalog, vcenter, inventory, log));
        await using var watching = guard.ConfigureAwait(false);
        var context = new SnapshotContext
        {
            RunId = runId,
            // A frozen guest would not make blocks more alike.
            Job = new JobSettings { Name = JobName, Vms = [vm.Name], Quiesce = QuiesceMode.Never },
            Guard = guard,
            Catalog = catalog,
            Vcenter = vcenter,
            Inventory = inventory,
            Transports = transports,
            Changes = changes,
            Checkpoints = session.Parts.Checkpoints,
            Time = session.Time,
            Log = log,
        };
        await guard.RequireRoomAsync(vm, cancellationToken).ConfigureAwait(false);
        return await new VmComparison(context, vm).RunAsync(cancellationToken).ConfigureAwait(false);
    }

    async Task<(OpenedVcenter Vcenter, Inventory Inventory, VirtualMachine Vm)> FindAsync(string name, CancellationToken cancellationToken)
    {
        List<(OpenedVcenter Vcenter, Inventory Inventory, VirtualMachine Vm)> found = [];
        foreach (var settings in session.Settings.VCenters)
        {
            var vcenter = await session.VcenterAsync(settings, cancellationToken).ConfigureAwait(false);
            var inventory = await vcenter.Connection.ReadInventoryAsync(cancellationToken).ConfigureAwait(false);
            found.AddRange(inventory.VirtualMachines.Where(vm => vm.Name == name).Select(vm => (vcenter, inventory, vm)));
        }

        return found switch
        {
            [var only] => only,
            [] => throw new EngineException(
                ReasonCodes.VmUnknown, name, "find the VM", "There is no VM of this name.", "`vmproxy vms` lists them; names are case-sensitive."),
            _ => throw new EngineException(
                ReasonCodes.VmAmbiguous, name, "find the VM", $"{found.Count} VMs have this name.", "Compare with another VM on a host of this build."),
        };
    }
}
