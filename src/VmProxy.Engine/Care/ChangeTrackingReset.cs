using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Sessions;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Care;

/// <summary>
/// Resets a VM's change tracking because an operator asked for it (vSphere requirement 1): off, a snapshot made and removed, on, a snapshot made and
/// removed. Never while the VM has snapshots. Each change is journalled; a reset that dies in the middle is finished by the next janitor.
/// </summary>
/// <param name="session">What it works with.</param>
public sealed class ChangeTrackingReset(ProxySession session)
{
    const string Step = "reset changed block tracking";

    /// <summary>Resets the change tracking of one VM.</summary>
    /// <param name="vcenterName">The vCenter's name in the configuration; null for the only one.</param>
    /// <param name="vmName">The VM's name.</param>
    /// <param name="cancellationToken">Cancels: tracking is switched on again first.</param>
    /// <exception cref="EngineException">The VM is unknown, has snapshots, or does not track changes; or tracking could not be switched.</exception>
    /// <exception cref="VsphereException">The server failed. The janitor finishes what was begun.</exception>
    public async Task<ChangeTrackingResetReport> RunAsync(string? vcenterName, string vmName, CancellationToken cancellationToken)
    {
        var vcenter = await session.VcenterAsync(session.Settings.FindVcenter(vcenterName), cancellationToken).ConfigureAwait(false);
        var run = await RunScope.BeginAsync(session, RunKind.ResetTracking, job: null, level: null, cancellationToken).ConfigureAwait(false);
        await using (run.ConfigureAwait(false))
        {
            await new Janitor(session).SweepAsync(run.Id, SweepOccasion.RunStart, cancellationToken).ConfigureAwait(false);
            var report = await run.DoAsync(token => ResetAsync(run.Id, vcenter, vmName, token)).ConfigureAwait(false);
            await run.EndAsync(RunOutcome.Succeeded, error: null).ConfigureAwait(false);
            return report;
        }
    }

    async Task<ChangeTrackingResetReport> ResetAsync(string runId, OpenedVcenter vcenter, string vmName, CancellationToken cancellationToken)
    {
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        var inventory = await vcenter.Connection.ReadInventoryAsync(cancellationToken).ConfigureAwait(false);
        var vm = BackupJob.Named(inventory, vmName);
        Require(vm, ChangeTrackingSwitch.ObstacleToReset(vm));
        var log = session.Loggers.CreateLogger<ChangeTrackingReset>();
        var guard = new SpaceGuard(GuardScope.Of(session, runId, catalog, vcenter, inventory, log));
        await using var watching = guard.ConfigureAwait(false);
        await guard.RequireRoomAsync(vm, cancellationToken).ConfigureAwait(false);
        var changes = new ChangeLog(catalog, session.Parts.Checkpoints, runId, vcenter.Connection.InstanceUuid);
        var entry = await changes.PlanResetAsync(vm, cancellationToken).ConfigureAwait(false);
        try
        {
            if (await vcenter.Connection.ChangeTracking.DisableForResetAsync(vm.Id, cancellationToken).ConfigureAwait(false) is { } refused)
            {
                await changes.ChangeTrackingNotMadeAsync(entry, cancellationToken).ConfigureAwait(false);
                Require(vm, refused);
            }

            await session.Parts.Checkpoints.ReachedAsync(Moments.TrackingOff).ConfigureAwait(false);
            await CycleAsync(vcenter.Connection, changes, guard, vm, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await SwitchOnAsync(vcenter.Connection, vm, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        await SwitchOnAsync(vcenter.Connection, vm, cancellationToken).ConfigureAwait(false);
        await changes.ChangeTrackingKeptAsync(entry, cancellationToken).ConfigureAwait(false);
        await CycleAsync(vcenter.Connection, changes, guard, vm, cancellationToken).ConfigureAwait(false);
        return new ChangeTrackingResetReport(vm.Name, ChangeTrackingCodes.Reset);
    }

    static async Task SwitchOnAsync(VcenterConnection connection, VirtualMachine vm, CancellationToken cancellationToken)
    {
        var switched = await connection.ChangeTracking.EnableAsync(vm.Id, cancellationToken).ConfigureAwait(false);
        Require(vm, switched.IsOn ? null : switched);
    }

    /// <summary>A snapshot made and removed: the stun of each makes a running VM take the new setting.</summary>
    static async Task CycleAsync(
        VcenterConnection connection, ChangeLog changes, SpaceGuard guard, VirtualMachine vm, CancellationToken cancellationToken)
    {
        var entry = await changes.PlanSnapshotAsync(
            vm, async (planned, token) => (await guard.AdmitAsync(vm, planned, token).ConfigureAwait(false)).Entry, cancellationToken).ConfigureAwait(false);
        var made = await connection.Snapshots
            .CreateAsync(vm.Id, changes.SnapshotName, changes.SnapshotDescription(vm), QuiescePolicy.Never, cancellationToken).ConfigureAwait(false);
        await changes.SnapshotMadeAsync(entry, made.Snapshot, CancellationToken.None).ConfigureAwait(false);
        var removed = await connection.Snapshots.RemoveAsync(vm.Id, made.Snapshot, CancellationToken.None).ConfigureAwait(false);
        if (removed.ConsolidationFailure is { } stuck)
        {
            await changes.SnapshotStuckAsync(entry, stuck.Message, CancellationToken.None).ConfigureAwait(false);
            throw stuck;
        }

        await changes.SnapshotGoneAsync(entry, CancellationToken.None).ConfigureAwait(false);
        guard.SnapshotGone();
    }

    static void Require(VirtualMachine vm, ChangeTrackingSwitched? obstacle)
    {
        if (obstacle is not null)
        {
            throw new EngineException(obstacle.Code, vm.Name, Step, $"{obstacle.Reason}.", "Remove the reason, then run it again; `vmproxy janitor` finishes what was begun.");
        }
    }
}

/// <summary>That a VM's change tracking was reset.</summary>
/// <param name="VirtualMachine">The VM. Its next backup is a full.</param>
/// <param name="Code">CBT_RESET.</param>
public sealed record ChangeTrackingResetReport(string VirtualMachine, string Code);
