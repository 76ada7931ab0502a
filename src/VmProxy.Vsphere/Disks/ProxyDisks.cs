using System.Collections.Concurrent;

namespace VmProxy.Vsphere;

/// <summary>
/// Lends snapshot disks to the proxy VM and takes them back (requirement 8). A disk is recognized by key and file name together, so that a foreign
/// one is never detached. Changes to one proxy VM are made one after another, also with other processes where <see cref="VcenterOptions.ProxyTurns"/>
/// says how.
/// </summary>
public sealed class ProxyDisks
{
    const string Attaching = "attaching a disk";
    const string Detaching = "detaching a disk";
    const int Attempts = 3;
    const int PlacesTried = 16;

    readonly VirtualMachines _machines;
    readonly PropertyReader _properties;
    readonly VcenterCaller _caller;
    readonly VcenterTasks _tasks;
    readonly TaskRunner _runner;
    readonly ConcurrentDictionary<ObjectId, SemaphoreSlim> _turns = new();
    readonly IProxyTurns? _shared;

    internal ProxyDisks(VcenterCaller caller, PropertyReader properties, VcenterTasks tasks, VirtualMachines machines, IProxyTurns? shared)
    {
        _shared = shared;
        _caller = caller;
        _properties = properties;
        _tasks = tasks;
        _machines = machines;
        _runner = new TaskRunner(caller, tasks);
    }

    /// <summary>All disks of a VM.</summary>
    /// <exception cref="VsphereException">With <see cref="VsphereErrorCodes.InvalidState"/>: the server does not tell which disks it has.</exception>
    public async Task<IReadOnlyList<VirtualDisk>> ListAsync(ObjectId vm, CancellationToken cancellationToken)
        => (await ReadAsync(vm, "listing its disks", cancellationToken).ConfigureAwait(false)).Disks;

    /// <summary>Attaches an existing disk as independent, nonpersistent, and reads back what came of it. Journal it before.</summary>
    /// <exception cref="VsphereException">
    /// <see cref="VsphereErrorCodes.DiskUnsupported"/>, <see cref="VsphereErrorCodes.DiskAlreadyAttached"/>, <see cref="VsphereErrorCodes.NoFreeUnit"/> (all
    /// before any change), <see cref="VsphereErrorCodes.DiskNotAsExpected"/> or what the server says.
    /// </exception>
    public async Task<AttachedDisk> AttachAsync(ObjectId proxyVm, DiskToAttach disk, CancellationToken cancellationToken)
    {
        var turn = await TakeTurnAsync(proxyVm, cancellationToken).ConfigureAwait(false);
        await using (turn.ConfigureAwait(false))
        {
            return await AttachAsync(turn, disk, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The same in a turn that the caller has taken, so that the wait for it and the change have time limits of their own.</summary>
    /// <exception cref="VsphereException">As above.</exception>
    public Task<AttachedDisk> AttachAsync(ProxyTurn turn, DiskToAttach disk, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(turn);
        ArgumentNullException.ThrowIfNull(disk);
        return AttachInTurnAsync(turn.ProxyVm, disk, cancellationToken);
    }

    /// <summary>Takes a disk off again and reads back that it is gone. Its files stay.</summary>
    /// <param name="proxyVm">The VM that it was lent to.</param>
    /// <param name="key">Its key there.</param>
    /// <param name="fileName">Its descriptor: a disk that has the key and another file is somebody else's.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>False when it was gone already.</returns>
    /// <exception cref="VsphereException">With <see cref="VsphereErrorCodes.DiskNotOurs"/>: nothing was changed.</exception>
    public async Task<bool> DetachAsync(ObjectId proxyVm, int key, string fileName, CancellationToken cancellationToken)
    {
        var turn = await TakeTurnAsync(proxyVm, cancellationToken).ConfigureAwait(false);
        await using (turn.ConfigureAwait(false))
        {
            return await DetachAsync(turn, key, fileName, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The same in a turn that the caller has taken.</summary>
    /// <exception cref="VsphereException">With <see cref="VsphereErrorCodes.DiskNotOurs"/>: nothing was changed.</exception>
    public Task<bool> DetachAsync(ProxyTurn turn, int key, string fileName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(turn);
        ArgumentException.ThrowIfNullOrEmpty(fileName);
        return DetachInTurnAsync(turn.ProxyVm, key, fileName, cancellationToken);
    }

    /// <summary>Waits until no other change of this proxy VM is under way.</summary>
    public async Task<ProxyTurn> TakeTurnAsync(ObjectId proxyVm, CancellationToken cancellationToken)
    {
        var turn = _turns.GetOrAdd(proxyVm, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var shared = _shared is null ? null : await _shared.TakeAsync(proxyVm, cancellationToken).ConfigureAwait(false);
            return new ProxyTurn(proxyVm, turn, shared);
        }
        catch
        {
            turn.Release();
            throw;
        }
    }

    /// <summary>
    /// Another process, or an administrator, may take the chosen place meanwhile. The server then refuses and nothing was done: the next free
    /// place is tried.
    /// </summary>
    async Task<AttachedDisk> AttachInTurnAsync(ObjectId proxyVm, DiskToAttach disk, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            var (proxy, taken) = await ReadProxyAsync(proxyVm, cancellationToken).ConfigureAwait(false);
            var place = Choose(proxy, taken, disk);
            try
            {
                return await AttachAtAsync(proxy, disk, place, cancellationToken).ConfigureAwait(false);
            }
            catch (VsphereException exception) when (exception.FaultType is not null && attempt < PlacesTried)
            {
                var (now, takenNow) = await ReadProxyAsync(proxyVm, cancellationToken).ConfigureAwait(false);
                if (!takenNow.Contains((place.Controller.Key, place.Unit)) || now.Disks.Any(present => present.FileName == disk.FileName))
                {
                    throw;
                }

                Log.PlaceTaken(_caller.Logger, proxy.Name, place.Controller.TypeName, place.Controller.BusNumber, place.Unit, disk.FileName);
            }
        }
    }

    static FreeUnit Choose(VirtualMachine proxy, IReadOnlySet<(int Controller, int Unit)> taken, DiskToAttach disk)
    {
        if (!DiskSpecs.IsSupported(disk.BackingKind))
        {
            throw Failure(
                VsphereErrorCodes.DiskUnsupported,
                proxy,
                Attaching,
                $"{disk.FileName} is {disk.BackingKind}, which cannot be hot-added.",
                "Use another transport.");
        }

        if (proxy.Disks.Any(present => present.FileName == disk.FileName))
        {
            throw Failure(
                VsphereErrorCodes.DiskAlreadyAttached,
                proxy,
                Attaching,
                $"{disk.FileName} is attached already.",
                "The janitor detaches what an earlier run left; a disk of the proxy itself cannot be backed up by it.");
        }

        return FreeUnit.Of(proxy, taken).FirstOrDefault() ?? throw Failure(
            VsphereErrorCodes.NoFreeUnit,
            proxy,
            Attaching,
            "no SCSI controller has a free unit.",
            "Add a paravirtual SCSI controller to the proxy VM, or lower the number of disks at a time.");
    }

    async Task<AttachedDisk> AttachAtAsync(VirtualMachine proxy, DiskToAttach disk, FreeUnit place, CancellationToken cancellationToken)
    {
        var attached = await _runner.RunOnceAsync(
            proxy.Id,
            proxy.Name,
            Attaching,
            (client, token) => client.ReconfigVMTaskAsync(proxy.Id.ToReference(), DiskSpecs.Add(disk, place), token),
            async (_, token) => Lent(await ReadAsync(proxy.Id, Attaching, token).ConfigureAwait(false), disk, place),
            cancellationToken).ConfigureAwait(false);
        Log.DiskAttached(_caller.Logger, proxy.Name, attached.FileName, attached.Key);
        return attached;
    }

    async Task<bool> DetachInTurnAsync(ObjectId proxyVm, int key, string fileName, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            var proxy = await ReadAsync(proxyVm, Detaching, cancellationToken).ConfigureAwait(false);
            if (FindOurs(proxy, key, fileName) is not { } disk)
            {
                return attempt > 1;
            }

            if (attempt > Attempts)
            {
                throw Failure(
                    VsphereErrorCodes.DiskNotAsExpected,
                    proxy,
                    Detaching,
                    $"{fileName} is still attached after {Attempts} attempts.",
                    "Detach it in vCenter; keep its files.");
            }

            try
            {
                await _runner.RunAsync(
                    proxy.Name,
                    Detaching,
                    (client, token) => client.ReconfigVMTaskAsync(proxyVm.ToReference(), DiskSpecs.Remove(disk), token),
                    cancellationToken).ConfigureAwait(false);
                Log.DiskDetached(_caller.Logger, proxy.Name, fileName);
            }
            catch (VsphereException exception) when (exception.Code == VsphereErrorCodes.OutcomeUnknown)
            {
                Log.AnswerLost(_caller.Logger, proxy.Name, Detaching);
                await _tasks.SettleAsync(proxyVm, proxy.Name, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The disk as it was read back; null when it is not there. Another disk at the place is another's, and no answer to ours.</summary>
    static AttachedDisk? Lent(VirtualMachine proxy, DiskToAttach disk, FreeUnit place)
    {
        var present = proxy.Disks.FirstOrDefault(candidate => candidate.FileName == disk.FileName);
        if (present is null)
        {
            return null;
        }

        return present.DiskMode == DiskSpecs.Mode && present.ControllerKey == place.Controller.Key && present.UnitNumber == place.Unit
            ? new AttachedDisk(present.Key, place.Controller.TypeName, place.Controller.BusNumber, place.Unit, present.Uuid, present.FileName)
            {
                PciSlot = place.Controller.PciSlot,
            }
            : throw Failure(
                VsphereErrorCodes.DiskNotAsExpected,
                proxy,
                Attaching,
                $"{disk.FileName} is at {present.ControllerType} {present.BusNumber}:{present.UnitNumber} as {present.DiskMode}, not at "
                + $"{place.Controller.TypeName} {place.Controller.BusNumber}:{place.Unit} as {DiskSpecs.Mode}.",
                "Look at the proxy VM's disks in vCenter; the janitor detaches what is journalled.");
    }

    /// <summary>The lent disk; null when it is gone. Whatever fits only in part is not ours.</summary>
    static VirtualDisk? FindOurs(VirtualMachine proxy, int key, string fileName)
    {
        var byKey = proxy.Disks.FirstOrDefault(disk => disk.Key == key);
        var byFile = proxy.Disks.FirstOrDefault(disk => disk.FileName == fileName);
        if (byFile is null)
        {
            return null;
        }

        return byKey?.FileName == fileName && byKey.DiskMode == DiskSpecs.Mode ? byKey : throw Failure(
            VsphereErrorCodes.DiskNotOurs,
            proxy,
            Detaching,
            byKey?.FileName == fileName
                ? $"disk {key}, {fileName}, is {byKey.DiskMode}: it was not attached by VmProxy."
                : $"{fileName} is attached as disk {byFile.Key}, not {key}.",
            "It is left alone; detach it in vCenter if nobody needs it.");
    }

    /// <summary>A VM whose configuration the server cannot read at the moment shows no disks, and has them all the same.</summary>
    async Task<VirtualMachine> ReadAsync(ObjectId id, string step, CancellationToken cancellationToken)
    {
        var vm = await _machines.ReadAsync(id, cancellationToken).ConfigureAwait(false);
        return vm.HasConfiguration ? vm : throw Failure(
            VsphereErrorCodes.InvalidState,
            vm,
            step,
            $"the server gives no configuration of the VM, which is {vm.ConnectionState}: nobody can tell which disks it has.",
            "Look at its host and its datastore in vCenter.");
    }

    async Task<(VirtualMachine Proxy, IReadOnlySet<(int Controller, int Unit)> Taken)> ReadProxyAsync(
        ObjectId vm, CancellationToken cancellationToken)
    {
        var read = await _properties.ReadAsync(vm, VirtualMachineMapper.Paths, cancellationToken).ConfigureAwait(false);
        var taken = Devices.Wire(read)
            .Where(device => device is { ControllerKey: not null, UnitNumber: not null })
            .Select(device => (device.ControllerKey!.Value, device.UnitNumber!.Value))
            .ToHashSet();
        return (VirtualMachineMapper.Map(read), taken);
    }

    static VsphereException Failure(
        string code, VirtualMachine proxy, string step, string reason, string next) => new(code, proxy.Name, step, reason, next);
}
