namespace VmProxy.Vsphere;

/// <summary>
/// Creates, reads and removes snapshots. Never with memory; never a second one while the fate of the first is unknown; removed only by the identity
/// that the creation gave.
/// </summary>
public sealed class VmSnapshots
{
    const string Creating = "creating a snapshot";

    // CreateSnapshotEx_Task and its quiesce specifications are of API 6.5.
    static readonly Version ExtendedSince = new(6, 5);

    readonly VcenterCaller _caller;
    readonly TaskRunner _runner;
    readonly VcenterTasks _tasks;
    readonly VirtualMachines _machines;
    readonly SnapshotStateReader _states;
    readonly SnapshotRemoval _removal;
    volatile bool _extendedUnknown;

    internal VmSnapshots(VcenterCaller caller, PropertyReader properties, VcenterTasks tasks, VirtualMachines machines)
    {
        _caller = caller;
        _tasks = tasks;
        _machines = machines;
        _runner = new TaskRunner(caller, tasks);
        _states = new SnapshotStateReader(caller, properties);
        _removal = new SnapshotRemoval(caller, properties, _runner, tasks);
        _extendedUnknown = Version.TryParse(caller.Content.About.ApiVersion, out var version) && version < ExtendedSince;
    }

    /// <summary>As the other one, with <see cref="VssPolicy.Copy"/> for Windows guests.</summary>
    public Task<SnapshotCreated> CreateAsync(
        ObjectId vm, string name, string description, QuiescePolicy policy, CancellationToken cancellationToken)
        => CreateAsync(vm, name, description, policy, VssPolicy.Copy, cancellationToken);

    /// <summary>
    /// Creates a snapshot, or adopts the one that an earlier call with the same name and description left. When quiescing fails, what it left is
    /// removed and the policy decides; there is one second attempt at most (requirement 11). A VM that another task holds, a migration for example,
    /// is waited for, at most <see cref="VcenterOptions.BusyLimit"/> (requirement 17).
    /// </summary>
    /// <param name="vm">The VM.</param>
    /// <param name="name">A name that no other snapshot of the VM has: by it a lost answer is resolved.</param>
    /// <param name="description">Stored with the snapshot; part of the recognition.</param>
    /// <param name="policy">Whether to quiesce.</param>
    /// <param name="vss">What a quiesced snapshot asks of a Windows guest.</param>
    /// <param name="cancellationToken">
    /// Cancels the task too. It may have ended first: call <see cref="FindAsync"/> and remove what it finds.
    /// </param>
    /// <exception cref="VsphereException">
    /// <see cref="VsphereErrorCodes.SnapshotTooDeep"/>, <see cref="VsphereErrorCodes.QuiesceUnavailable"/> (both before any change),
    /// <see cref="VsphereErrorCodes.QuiesceFailed"/>, <see cref="VsphereErrorCodes.NoDiskSpace"/>, <see cref="VsphereErrorCodes.TaskInProgress"/>,
    /// <see cref="VsphereErrorCodes.OutcomeUnknown"/> or what else the server says.
    /// </exception>
    public async Task<SnapshotCreated> CreateAsync(
        ObjectId vm, string name, string description, QuiescePolicy policy, VssPolicy vss, CancellationToken cancellationToken)
    {
        var facts = await _machines.ReadAsync(vm, cancellationToken).ConfigureAwait(false);
        if (Recognize(facts.Snapshots, name, description) is { } left)
        {
            return new SnapshotCreated(left.Id, left.Quiesced, null);
        }

        GuardDepth(facts);
        var plan = QuiescePlan.Decide(facts, policy);
        string? reason = plan.Reason;
        if (plan.Quiesce)
        {
            var (spec, outcome) = VssRequest.Of(facts, vss);
            try
            {
                var made = await CreateOnceAsync(facts, name, description, spec, cancellationToken).ConfigureAwait(false);
                return await QuiescedAsync(facts, made, policy, outcome, cancellationToken).ConfigureAwait(false);
            }
            catch (VsphereException exception) when (Faults.IsQuiesce(exception.FaultType))
            {
                await RemovePartialAsync(vm, name, description, cancellationToken).ConfigureAwait(false);
                reason = policy == QuiescePolicy.Prefer
                    ? exception.Reason.TrimEnd('.')
                    : throw QuiesceFailed(facts, exception.Reason, exception);
            }
        }

        return Created(facts, await CreateOnceAsync(facts, name, description, null, cancellationToken).ConfigureAwait(false), reason);
    }

    /// <summary>All snapshots of a VM, parents before children.</summary>
    public async Task<IReadOnlyList<SnapshotInfo>> ListAsync(ObjectId vm, CancellationToken cancellationToken)
        => (await _machines.ReadAsync(vm, cancellationToken).ConfigureAwait(false)).Snapshots;

    /// <summary>Finds a snapshot by name and description, after waiting until the VM's recent tasks have ended; null when there is none.</summary>
    public async Task<SnapshotInfo?> FindAsync(ObjectId vm, string name, string description, CancellationToken cancellationToken)
    {
        await _tasks.SettleAsync(vm, vm.ToString(), cancellationToken).ConfigureAwait(false);
        return Recognize(await ListAsync(vm, cancellationToken).ConfigureAwait(false), name, description);
    }

    /// <summary>Reads disks, change ids, chains and configuration of a snapshot in one property read.</summary>
    /// <exception cref="VsphereException">With <see cref="VsphereErrorCodes.ObjectGone"/>: VM or snapshot do not exist.</exception>
    public Task<SnapshotState> ReadDisksAsync(ObjectId vm, ObjectId snapshot, CancellationToken cancellationToken)
        => _states.ReadAsync(vm, snapshot, cancellationToken);

    /// <summary>Whether the snapshot still stands with the chains that were read, in one property read.</summary>
    public Task<SnapshotCheck> CheckAsync(
        SnapshotState state, CancellationToken cancellationToken) => _states.CheckAsync(state, cancellationToken);

    /// <summary>
    /// Removes one snapshot without its children, and consolidates when the server asks for it. A snapshot that is gone already is no failure.
    /// </summary>
    /// <exception cref="VsphereException">The snapshot could not be removed.</exception>
    public Task<SnapshotRemoved> RemoveAsync(ObjectId vm, ObjectId snapshot, CancellationToken cancellationToken)
        => _removal.RemoveAsync(vm, snapshot, cancellationToken);

    /// <summary>Consolidates disks when the server says that they need it, waiting while files are locked.</summary>
    /// <returns>False when there was nothing to do.</returns>
    /// <exception cref="VsphereException">With <see cref="VsphereErrorCodes.ConsolidationNeeded"/> or the server's reason: they still need it.</exception>
    public Task<bool> ConsolidateAsync(
        ObjectId vm, CancellationToken cancellationToken) => _removal.ConsolidateAsync(vm, cancellationToken);

    /// <summary>The snapshot's own flag tells: when the tools stop at the last moment, nobody else does (requirement 11).</summary>
    async Task<SnapshotCreated> QuiescedAsync(
        VirtualMachine vm, SnapshotInfo made, QuiescePolicy policy, VssOutcome outcome, CancellationToken cancellationToken)
    {
        if (made.Quiesced)
        {
            return Created(vm, made, null) with { Vss = outcome == VssOutcome.None || !_extendedUnknown ? outcome : VssOutcome.LeftToTools };
        }

        const string why = "the server made it without quiescing the guest: its tools did not answer";
        if (policy == QuiescePolicy.Prefer)
        {
            return Created(vm, made, why);
        }

        await RemoveAsync(vm.Id, made.Id, cancellationToken).ConfigureAwait(false);
        throw QuiesceFailed(vm, $"{why}.", null);
    }

    Task<SnapshotInfo> CreateOnceAsync(
        VirtualMachine vm, string name, string description, Vim.VirtualMachineGuestQuiesceSpec? quiesce, CancellationToken cancellationToken)
        => _runner.RunOnceAsync<SnapshotInfo>(
            vm.Id,
            vm.Name,
            quiesce is null ? Creating : "creating a quiesced snapshot",
            (client, token) => StartAsync(client, vm.Id.ToReference(), name, description, quiesce, token),
            async (result, token) =>
            {
                // Name and description tell ours where the task gives no result, and after a lost answer.
                var snapshots = await ListAsync(vm.Id, token).ConfigureAwait(false);
                return snapshots.FirstOrDefault(snapshot => snapshot.Id == result) ?? Recognize(snapshots, name, description);
            },
            cancellationToken);

    async Task<Vim.ManagedObjectReference> StartAsync(
        Vim.VimClient client,
        Vim.ManagedObjectReference vm,
        string name,
        string description,
        Vim.VirtualMachineGuestQuiesceSpec? quiesce,
        CancellationToken cancellationToken)
    {
        if (!_extendedUnknown)
        {
            try
            {
                return await client.CreateSnapshotExTaskAsync(vm, name, description, false, quiesce, cancellationToken).ConfigureAwait(false);
            }
            catch (Vim.VimFaultException fault) when (fault.FaultType is "MethodNotFound" or "NotImplemented")
            {
                // Servers before 6.5 have only the plain operation.
                _extendedUnknown = true;
            }
        }

        return await client.CreateSnapshotTaskAsync(vm, name, description, false, quiesce is not null, cancellationToken).ConfigureAwait(false);
    }

    async Task RemovePartialAsync(ObjectId vm, string name, string description, CancellationToken cancellationToken)
    {
        if (await FindAsync(vm, name, description, cancellationToken).ConfigureAwait(false) is { } partial)
        {
            await RemoveAsync(vm, partial.Id, cancellationToken).ConfigureAwait(false);
        }
    }

    void GuardDepth(VirtualMachine vm)
    {
        int levels = SnapshotDepth.Of(vm);
        if (SnapshotDepth.IsFull(vm))
        {
            throw new VsphereException(
                VsphereErrorCodes.SnapshotTooDeep,
                vm.Name,
                Creating,
                $"it has {levels} snapshot levels, and {SnapshotDepth.Limit} is the limit.",
                "Delete snapshots of this VM.");
        }

        if (SnapshotDepth.IsDeep(vm))
        {
            Log.SnapshotsDeep(_caller.Logger, vm.Name, levels, SnapshotDepth.Limit);
        }
    }

    SnapshotCreated Created(VirtualMachine vm, SnapshotInfo made, string? reason)
    {
        if (reason is not null)
        {
            Log.QuiesceDowngraded(_caller.Logger, vm.Name, reason);
        }

        Log.SnapshotCreated(_caller.Logger, vm.Name, made.Id.Value, made.Name, made.Quiesced);
        return new SnapshotCreated(made.Id, made.Quiesced, reason);
    }

    static VsphereException QuiesceFailed(VirtualMachine vm, string reason, VsphereException? cause) => new(
        VsphereErrorCodes.QuiesceFailed,
        vm.Name,
        Creating,
        reason,
        "Look at the guest's VSS or fsfreeze log, or allow crash-consistent snapshots.",
        cause)
    {
        FaultType = cause?.FaultType,
    };

    static SnapshotInfo? Recognize(IReadOnlyList<SnapshotInfo> snapshots, string name, string description)
        => snapshots.FirstOrDefault(snapshot => snapshot.Name == name && snapshot.Description == description);
}
