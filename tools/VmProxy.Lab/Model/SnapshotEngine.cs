using System.Globalization;
using VmProxy.Lab.Storage;

namespace VmProxy.Lab.Model;

/// <summary>Snapshots of a VM: what a host does when it takes, removes and reverts them.</summary>
internal sealed class SnapshotEngine(LabOptions options, FaultRegistry faults, SnapshotLog log, Lock gate)
{
    const int MaxLevels = 32;

    int _last = 100;

    public async Task<LabSnapshot> CreateAsync(LabVm vm, string name, string description, LabQuiesce? quiesce, CancellationToken cancellationToken)
    {
        Validate(vm);
        quiesce = Quiesce(vm, quiesce);

        await vm.Stun.WaitAsync(cancellationToken);
        try
        {
            var number = ++vm.LastSnapshotNumber;
            var id = options.HostOnly
                ? string.Create(CultureInfo.InvariantCulture, $"{vm.Id}-snapshot-{number}")
                : string.Create(CultureInfo.InvariantCulture, $"snapshot-{Interlocked.Increment(ref _last)}");
            var disks = Freeze(vm, id);
            var snapshot = new LabSnapshot
            {
                Id = id,
                Number = number,
                Vm = vm,
                Name = name,
                Description = description,
                Created = options.Clock.GetUtcNow(),
                Quiesced = quiesce is not null,
                Quiesce = quiesce,
                PowerState = "poweredOff",
                Parent = vm.CurrentSnapshot,
                Disks = disks,
                AllDisks = [.. vm.Disks],
                Controllers = [.. vm.Controllers],
                ChangeTrackingEnabled = vm.ChangeTrackingEnabled,
            };
            lock (gate)
            {
                vm.Snapshots.Add(snapshot);
                vm.CurrentSnapshot = snapshot;
                VmFiles.WriteSnapshotList(vm);
                vm.Touch(options.Clock.GetUtcNow());
            }

            log.Add(snapshot);
            return snapshot;
        }
        finally
        {
            vm.Stun.Release();
        }
    }

    /// <summary>
    /// Removes snapshots. As on a host, the snapshots are gone also when their disks cannot be consolidated: then the task fails
    /// and the VM needs consolidation.
    /// </summary>
    public void Remove(LabVm vm, IReadOnlyList<LabSnapshot> snapshots, bool consolidate)
    {
        foreach (var snapshot in snapshots)
        {
            log.Close(snapshot);
            lock (gate)
            {
                Unlink(vm, snapshot);
            }

            foreach (var disk in snapshot.Disks)
            {
                disk.Disk.Tree!.Release(snapshot.Id);
            }
        }

        if (consolidate)
        {
            Consolidate(vm, snapshots.SelectMany(snapshot => snapshot.Disks).Select(disk => disk.Disk.Tree!));
        }
    }

    public void Consolidate(LabVm vm) => Consolidate(vm, vm.Disks.Where(disk => disk is { Attached: null, Tree: not null }).Select(disk => disk.Tree!));

    /// <summary>Makes the VM what it was; change tracking starts anew, because the record no longer describes the disks.</summary>
    public async Task RevertAsync(LabSnapshot snapshot, CancellationToken cancellationToken)
    {
        var vm = snapshot.Vm;
        await vm.Stun.WaitAsync(cancellationToken);
        try
        {
            foreach (var disk in snapshot.Disks)
            {
                disk.Disk.Tree!.Revert(snapshot.Id);
            }

            lock (gate)
            {
                vm.Disks.Clear();
                vm.Disks.AddRange(snapshot.AllDisks);
                vm.Controllers.Clear();
                vm.Controllers.AddRange(snapshot.Controllers);
                vm.CurrentSnapshot = snapshot;
                vm.ChangeTrackingEnabled = snapshot.ChangeTrackingEnabled;
                vm.PowerState = snapshot.PowerState;
                vm.ResetChangeTracking(faults.Take(FaultNames.CbtStaleEpoch) is not null);
                vm.Touch(options.Clock.GetUtcNow());
            }
        }
        finally
        {
            vm.Stun.Release();
        }
    }

    /// <summary>The snapshot and all that were taken after it on its branch, leaves first.</summary>
    public static IReadOnlyList<LabSnapshot> WithChildren(LabSnapshot snapshot) =>
        [.. snapshot.Vm.Snapshots.Where(other => other.Parent == snapshot).SelectMany(WithChildren), snapshot];

    /// <summary>What is quiesced really. Without tools nothing is, and nobody says so but the snapshot's own flag.</summary>
    LabQuiesce? Quiesce(LabVm vm, LabQuiesce? wanted)
    {
        if (wanted is null || !vm.Options.ToolsRunning || vm.PowerState != "poweredOn" || faults.Take(FaultNames.QuiesceSkipped) is not null)
        {
            return null;
        }

        if (faults.Take(FaultNames.QuiesceFails) is { } fault)
        {
            throw Unquiesced(fault is [var type, ..] ? type : "ApplicationQuiesceFault");
        }

        // Applications of an encrypted VM cannot be quiesced, its file systems can.
        return vm is { IsWindows: true, Options.EncryptionKey: not null } && wanted.OfApplications ? throw Unquiesced("ApplicationQuiesceFault") : wanted;
    }

    static LabFault Unquiesced(string type) =>
        new(type, "An error occurred while quiescing the virtual machine. See the virtual machine's event log for details.");

    static List<LabSnapshotDisk> Freeze(LabVm vm, string id)
    {
        vm.BeginChangeTracking();
        var frozen = new List<LabSnapshotDisk>();
        try
        {
            foreach (var disk in vm.Disks.Where(disk => disk.InSnapshots))
            {
                FrozenChanges? changes = null;
                disk.Tree!.Freeze(id, () => changes = disk.Tracker?.Freeze());
                frozen.Add(new LabSnapshotDisk(disk, changes));
            }

            return frozen;
        }
        catch (DatastoreFullException)
        {
            foreach (var tree in frozen.Select(disk => disk.Disk.Tree!))
            {
                tree.Release(id);
                tree.Consolidate();
            }

            throw;
        }
    }

    static void Validate(LabVm vm)
    {
        if (vm.Template)
        {
            throw LabFault.NotSupported("A template cannot have snapshots.");
        }

        if (!vm.ConfigAvailable)
        {
            throw new LabFault("InvalidState", "The virtual machine is not accessible.");
        }

        if (vm.Disks.Find(disk => disk.Controller.SharedBus != "noSharing" || disk.Sharing == "sharingMultiWriter") is { } shared)
        {
            throw new LabFault(
                "SnapshotIncompatibleDeviceInVm",
                $"Cannot take a snapshot of a virtual machine with {shared.Label} shared between machines.",
                ("fault", new LabFault("DeviceNotSupported", "The device is shared.", ("device", shared.Label))));
        }

        var depth = 0;
        for (var snapshot = vm.CurrentSnapshot; snapshot is not null; snapshot = snapshot.Parent)
        {
            depth++;
        }

        if (depth >= MaxLevels)
        {
            throw new LabFault("TooManySnapshotLevels", "Snapshot hierarchy is too deep.");
        }
    }

    void Unlink(LabVm vm, LabSnapshot snapshot)
    {
        vm.Snapshots.Remove(snapshot);
        foreach (var child in vm.Snapshots.Where(other => other.Parent == snapshot))
        {
            child.Parent = snapshot.Parent;
        }

        if (vm.CurrentSnapshot == snapshot)
        {
            vm.CurrentSnapshot = snapshot.Parent;
        }

        VmFiles.WriteSnapshotList(vm);
        vm.Touch(options.Clock.GetUtcNow());
    }

    void Consolidate(LabVm vm, IEnumerable<DiskTree> trees)
    {
        FileLockedException? locked = null;
        foreach (var tree in trees.Distinct().ToArray())
        {
            try
            {
                tree.Consolidate();
            }
            catch (FileLockedException exception)
            {
                locked = exception;
            }
        }

        lock (gate)
        {
            vm.Touch(options.Clock.GetUtcNow());
        }

        if (locked is not null)
        {
            throw locked;
        }
    }
}
