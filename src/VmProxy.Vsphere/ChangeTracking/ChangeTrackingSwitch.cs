namespace VmProxy.Vsphere;

/// <summary>What came of switching change tracking on.</summary>
/// <param name="IsOn">Whether it is on now. Its ids count from the next snapshot on.</param>
/// <param name="Code">One of <see cref="ChangeTrackingCodes"/>.</param>
/// <param name="Reason">For people.</param>
public sealed record ChangeTrackingSwitched(bool IsOn, string Code, string Reason);

/// <summary>Switches changed block tracking on where that is safe, and off only for a reset that an operator asked for.</summary>
public sealed class ChangeTrackingSwitch
{
    const string Step = "switching change tracking on";
    const int OldestHardware = 7;
    const int Attempts = 3;

    readonly VcenterCaller _caller;
    readonly VirtualMachines _machines;
    readonly TaskRunner _runner;

    internal ChangeTrackingSwitch(VcenterCaller caller, VcenterTasks tasks, VirtualMachines machines)
    {
        _caller = caller;
        _machines = machines;
        _runner = new TaskRunner(caller, tasks);
    }

    /// <summary>What <see cref="EnableAsync"/> would do to a VM; null when it would switch tracking on.</summary>
    public static ChangeTrackingSwitched? Obstacle(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return vm switch
        {
            { ChangeTrackingEnabled: true } => new(true, ChangeTrackingCodes.AlreadyEnabled, "change tracking is on"),
            { HardwareVersion: < OldestHardware } => Off(
                ChangeTrackingCodes.HardwareTooOld,
                $"virtual hardware {vm.HardwareVersion} is older than {OldestHardware}, which change tracking needs"),
            { ChangeTrackingSupported: false } or { IsTemplate: true } => Off(
                ChangeTrackingCodes.VmUnsupported, "this VM cannot track changes"),
            { Snapshots.Count: > 0 } => Off(
                ChangeTrackingCodes.SnapshotsExist,
                $"it has {vm.Snapshots.Count} snapshots, and tracking switched on under them gives wrong answers; delete them first"),
            _ => null,
        };
    }

    /// <summary>
    /// Switches change tracking on unless the VM has snapshots of anybody (requirement 2), is too old or cannot (requirement 3), and reads back
    /// whether it is.
    /// </summary>
    /// <exception cref="VsphereException">The server refused the change.</exception>
    public async Task<ChangeTrackingSwitched> EnableAsync(ObjectId vm, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            var facts = await _machines.ReadAsync(vm, cancellationToken).ConfigureAwait(false);
            if (Obstacle(facts) is { } obstacle)
            {
                return obstacle.IsOn && attempt > 1 ? obstacle with { Code = ChangeTrackingCodes.Enabled, Reason = "change tracking was switched on" } : obstacle;
            }

            if (attempt > Attempts)
            {
                return Off(ChangeTrackingCodes.NotEffective, "it was switched on, and reads as off");
            }

            await TryAsync(facts, true, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What speaks against a reset of change tracking; null when nothing does. It is never reset under a snapshot of anybody (requirement 1).</summary>
    public static ChangeTrackingSwitched? ObstacleToReset(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return vm.ChangeTrackingEnabled
            ? Obstacle(vm with { ChangeTrackingEnabled = false }) is { } obstacle ? obstacle with { IsOn = true } : null
            : Off(ChangeTrackingCodes.NotEnabled, "change tracking is off: there is nothing to reset");
    }

    /// <summary>
    /// The first half of a reset: switches change tracking off, unless the VM has snapshots. The caller has journalled the reset, makes and removes a
    /// snapshot, and calls <see cref="EnableAsync"/>.
    /// </summary>
    /// <returns>Why it was not switched off; null when it is off.</returns>
    /// <exception cref="VsphereException">The server refused the change.</exception>
    public async Task<ChangeTrackingSwitched?> DisableForResetAsync(ObjectId vm, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            var facts = await _machines.ReadAsync(vm, cancellationToken).ConfigureAwait(false);
            if (!facts.ChangeTrackingEnabled)
            {
                return null;
            }

            if (ObstacleToReset(facts) is { } obstacle)
            {
                return obstacle;
            }

            if (attempt > Attempts)
            {
                return new(true, ChangeTrackingCodes.NotEffective, "it was switched off, and reads as on");
            }

            await TryAsync(facts, false, cancellationToken).ConfigureAwait(false);
        }
    }

    async Task TryAsync(VirtualMachine vm, bool enabled, CancellationToken cancellationToken)
    {
        // The version makes the server refuse when the VM changed since it was read: a snapshot may have been made in between.
        var spec = new Vim.VirtualMachineConfigSpec { ChangeVersion = vm.ChangeVersion, ChangeTrackingEnabled = enabled };
        try
        {
            var task = await _caller.ChangeAsync(
                vm.Name,
                enabled ? Step : "switching change tracking off to reset it",
                (client, token) => client.ReconfigVMTaskAsync(vm.Id.ToReference(), spec, token),
                cancellationToken).ConfigureAwait(false);
            await _runner.Tasks.WaitAsync(task.ToId(), vm.Name, Step, cancellationToken).ConfigureAwait(false);
            Log.ChangeTrackingSwitched(_caller.Logger, vm.Name, enabled);
        }
        catch (VsphereException exception) when (exception.Code == VsphereErrorCodes.OutcomeUnknown || Faults.IsBusy(exception.FaultType))
        {
            // Setting a flag does no more when repeated; what the VM is now is read again first, when it rests.
            await _runner.Tasks.SettleAsync(vm.Id, vm.Name, cancellationToken).ConfigureAwait(false);
        }
    }

    static ChangeTrackingSwitched Off(string code, string reason) => new(false, code, reason);
}
