using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;

namespace VmProxy.Lab.Control;

/// <summary>What an operator does while a backup runs.</summary>
public sealed class LabOperator
{
    readonly LabState _state;

    internal LabOperator(LabState state) => _state = state;

    /// <summary>Takes a snapshot and returns its id.</summary>
    public async Task<string> CreateSnapshotAsync(string vm, string name, CancellationToken cancellationToken = default)
    {
        var snapshot = await _state.Snapshots.CreateAsync(_state.Inventory.VmNamed(vm), name, "by the operator", null, cancellationToken);
        _state.Inventory.Changed.Raise();
        return snapshot.Id;
    }

    /// <summary>Edits a snapshot's name and description.</summary>
    public void EditSnapshot(string vm, string snapshot, string name, string description) => Change(vm, target =>
    {
        var found = target.Snapshots.Find(one => one.Id == snapshot || one.Name == snapshot)
            ?? throw new KeyNotFoundException($"{vm} has no snapshot '{snapshot}'.");
        (found.Name, found.Description) = (name, description);
    });

    /// <summary>
    /// "Delete all snapshots". Returns false when a disk was locked, so that the VM needs consolidation.
    /// </summary>
    public bool DeleteAllSnapshots(string vm)
    {
        var target = _state.Inventory.VmNamed(vm);
        try
        {
            _state.Snapshots.Remove(target, [.. target.Snapshots], consolidate: true);
            return true;
        }
        catch (Storage.FileLockedException)
        {
            return false;
        }
        finally
        {
            _state.Inventory.Changed.Raise();
        }
    }

    /// <summary>Reverts to a snapshot, by id or name.</summary>
    public async Task RevertAsync(string vm, string snapshot, CancellationToken cancellationToken = default)
    {
        var found = _state.Inventory.VmNamed(vm).Snapshots.Find(one => one.Id == snapshot || one.Name == snapshot)
            ?? throw new KeyNotFoundException($"{vm} has no snapshot '{snapshot}'.");
        await _state.Snapshots.RevertAsync(found, cancellationToken);
        _state.Inventory.Changed.Raise();
    }

    /// <summary>Grows a disk to a size in bytes.</summary>
    public void GrowDisk(string vm, int disk, long size)
    {
        _state.Hardware.Extend(_state.Inventory.VmNamed(vm), 0, _state.Disk(vm, disk).Key, size);
        _state.Inventory.Changed.Raise();
    }

    /// <summary>Gives a VM a further disk.</summary>
    public async Task AddDiskAsync(string vm, LabDiskOptions disk, CancellationToken cancellationToken = default)
    {
        var target = _state.Inventory.VmNamed(vm);
        var added = await Model.DiskBuilder.BuildAsync(target, disk, target.Datastore, cancellationToken);
        Change(vm, changed => changed.Disks.Add(added));
    }

    /// <summary>Takes a disk from a VM; its files stay.</summary>
    public void RemoveDisk(string vm, int disk)
    {
        _state.Hardware.Remove(_state.Inventory.VmNamed(vm), 0, _state.Disk(vm, disk).Key);
        _state.Inventory.Changed.Raise();
    }

    /// <summary>Does to change tracking what a storage migration, a crash or registering anew does: every change id is of another epoch.</summary>
    public void ResetChangeTracking(string vm) => Change(vm, target => target.ResetChangeTracking(_state.Faults.Take(Model.FaultNames.CbtStaleEpoch) is not null));

    /// <summary>Switches change tracking as a client would.</summary>
    public void SetChangeTracking(string vm, bool enabled)
    {
        _state.Hardware.SetChangeTracking(_state.Inventory.VmNamed(vm), enabled);
        _state.Inventory.Changed.Raise();
    }

    /// <summary>Switches a VM on or off at once.</summary>
    public void SetPower(string vm, bool on) => Change(vm, target =>
    {
        target.PowerState = on ? "poweredOn" : "poweredOff";
        target.BeginChangeTracking();
    });

    /// <summary>
    /// Moves a VM to a host or a datastore, named as such, or to both, and returns when it is there. Throws when one of its disks is attached elsewhere.
    /// </summary>
    public Task RelocateAsync(string vm, string? host, string? datastore, CancellationToken cancellationToken = default) =>
        _state.Relocations.RelocateAsync(_state.Inventory.VmNamed(vm), Host(host), Datastore(datastore), cancellationToken);

    /// <summary>Begins to move a VM: a task holds the VM until it has moved.</summary>
    public void BeginRelocation(string vm, string? host, string? datastore)
    {
        var target = _state.Inventory.VmNamed(vm);
        _state.Tasks.Start("RelocateVM_Task", "operator", target, async cancellation =>
        {
            await _state.Relocations.RelocateAsync(target, Host(host), Datastore(datastore), cancellation);
            return null;
        });
    }

    Model.LabHost? Host(string? name) => name is null ? null
        : _state.Inventory.Hosts.Find(host => host.Name == name) ?? throw new KeyNotFoundException($"The lab has no host '{name}'.");

    Model.LabDatastore? Datastore(string? name) => name is null ? null
        : _state.Inventory.Datastores.Find(datastore => datastore.Name == name) ?? throw new KeyNotFoundException($"The lab has no datastore '{name}'.");

    /// <summary>Detaches every disk of other VMs from a VM.</summary>
    public void DetachForeignDisks(string vm)
    {
        var target = _state.Inventory.VmNamed(vm);
        foreach (var disk in target.Disks.FindAll(disk => disk.Attached is not null))
        {
            _state.Hardware.Remove(target, 0, disk.Key);
        }

        _state.Inventory.Changed.Raise();
    }

    /// <summary>Lets no host reach a datastore any more, or every one that mounts it again.</summary>
    public void SetDisconnected(string datastore, bool disconnected)
    {
        Datastore(datastore)!.Disconnected = disconnected;
        _state.Inventory.Changed.Raise();
    }

    /// <summary>Another tenant takes room on a datastore, or gives back a negative amount; the server learns of it at the next refresh.</summary>
    public void TakeRoom(string datastore, long bytes)
    {
        var space = (_state.Inventory.Datastores.Find(one => one.Name == datastore) ?? throw new KeyNotFoundException($"There is no datastore '{datastore}'.")).Space;
        if (bytes >= 0)
        {
            space.Claim(bytes, $"[{datastore}] other tenants");
        }
        else
        {
            space.Return(-bytes);
        }
    }

    void Change(string vm, Action<LabVm> change)
    {
        lock (_state.Inventory.Gate)
        {
            var target = _state.Inventory.VmNamed(vm);
            change(target);
            target.Touch(_state.Options.Clock.GetUtcNow());
        }

        _state.Inventory.Changed.Raise();
    }
}
