namespace VmProxy.Vsphere;

/// <summary>Takes snapshots away and leaves no half-merged disk behind (requirements 7, 8 and 19).</summary>
sealed class SnapshotRemoval(VcenterCaller caller, PropertyReader properties, TaskRunner runner, VcenterTasks tasks)
{
    const string Removing = "removing the snapshot";
    const string Consolidating = "consolidating disks";
    const int Attempts = 3;

    static readonly string[] Facts = ["name", "snapshot", "runtime.consolidationNeeded"];

    public async Task<SnapshotRemoved> RemoveAsync(ObjectId vm, ObjectId snapshot, CancellationToken cancellationToken)
    {
        long started = caller.Time.GetTimestamp();
        bool removed = false;
        for (int attempt = 1; ; attempt++)
        {
            if (await ReadAsync(vm, cancellationToken).ConfigureAwait(false) is not { } facts)
            {
                return new SnapshotRemoved(false, caller.Time.GetElapsedTime(started), null);
            }

            string name = facts.Text("name") ?? vm.Value;
            if (!Holds(facts, snapshot))
            {
                var took = caller.Time.GetElapsedTime(started);
                Log.SnapshotRemoved(caller.Logger, name, snapshot.Value, took);
                return new SnapshotRemoved(removed, took, await TryConsolidateAsync(vm, cancellationToken).ConfigureAwait(false));
            }

            if (attempt > Attempts)
            {
                throw new VsphereException(
                    VsphereErrorCodes.OutcomeUnknown,
                    name,
                    Removing,
                    $"after {Attempts} attempts it still exists.",
                    "Look at the VM's tasks in vCenter; remove it there.");
            }

            await TryRemoveAsync(vm, snapshot, name, cancellationToken).ConfigureAwait(false);
            removed = true;
        }
    }

    public async Task<bool> ConsolidateAsync(ObjectId vm, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            var facts = await properties.ReadAsync(vm, Facts, cancellationToken).ConfigureAwait(false);
            if (facts.Flag("runtime.consolidationNeeded") is not true)
            {
                return attempt > 1;
            }

            string name = facts.Text("name") ?? vm.Value;
            if (attempt > Attempts)
            {
                throw new VsphereException(
                    VsphereErrorCodes.ConsolidationNeeded,
                    name,
                    Consolidating,
                    "the server still says that it is needed.",
                    "Consolidate in vCenter; look for what holds the files.");
            }

            Log.Consolidating(caller.Logger, name);
            await SettledAsync(
                vm,
                name,
                Consolidating,
                (client, token) => client.ConsolidateVMDisksTaskAsync(vm.ToReference(), token),
                cancellationToken).ConfigureAwait(false);
        }
    }

    async Task TryRemoveAsync(ObjectId vm, ObjectId snapshot, string name, CancellationToken cancellationToken)
    {
        try
        {
            await SettledAsync(
                vm,
                name,
                Removing,
                (client, token) => client.RemoveSnapshotTaskAsync(snapshot.ToReference(), false, true, token),
                cancellationToken).ConfigureAwait(false);
        }
        catch (VsphereException)
        {
            // Somebody was faster, or the task failed after it had taken the snapshot out: its disks are left to be consolidated. The tree tells.
            if (await ReadAsync(vm, cancellationToken).ConfigureAwait(false) is { } facts && Holds(facts, snapshot))
            {
                throw;
            }
        }
    }

    static bool Holds(PropertySet facts, ObjectId snapshot) =>
        SnapshotMapper.Flatten(facts.Object<Vim.VirtualMachineSnapshotInfo>("snapshot")).Any(info => info.Id == snapshot);

    /// <summary>Both operations do no more when repeated; after a lost answer the caller looks and repeats.</summary>
    async Task SettledAsync(
        ObjectId vm,
        string name,
        string step,
        Func<Vim.VimClient, CancellationToken, Task<Vim.ManagedObjectReference>> start,
        CancellationToken cancellationToken)
    {
        try
        {
            await runner.RunAsync(name, step, start, cancellationToken).ConfigureAwait(false);
        }
        catch (VsphereException exception) when (exception.Code == VsphereErrorCodes.OutcomeUnknown)
        {
            Log.AnswerLost(caller.Logger, name, step);
            await tasks.SettleAsync(vm, name, cancellationToken).ConfigureAwait(false);
        }
    }

    async Task<VsphereException?> TryConsolidateAsync(ObjectId vm, CancellationToken cancellationToken)
    {
        try
        {
            await ConsolidateAsync(vm, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (VsphereException exception)
        {
            return exception;
        }
    }

    async Task<PropertySet?> ReadAsync(ObjectId vm, CancellationToken cancellationToken)
    {
        try
        {
            return await properties.ReadAsync(vm, Facts, cancellationToken).ConfigureAwait(false);
        }
        catch (VsphereException exception) when (exception.Code == VsphereErrorCodes.ObjectGone)
        {
            return null;
        }
    }
}
