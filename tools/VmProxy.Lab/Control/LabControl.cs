using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;
using VmProxy.Lab.Storage;

namespace VmProxy.Lab.Control;

/// <summary>What happens behind the server's back: the guests, the operator, the faults, and a look at what really is.</summary>
public sealed class LabControl
{
    readonly LabState _state;

    internal LabControl(LabState state)
    {
        _state = state;
        Guest = new LabGuest(state);
        Operator = new LabOperator(state);
    }

    /// <summary>What runs inside the VMs.</summary>
    public LabGuest Guest { get; }

    /// <summary>What an operator does with the vSphere client.</summary>
    public LabOperator Operator { get; }

    /// <summary>The folder in which attached disks appear.</summary>
    public string DeviceFolder => _state.Devices.Folder;

    public IReadOnlyList<ArmedFault> ArmedFaults => _state.Faults.Armed;

    /// <summary>Arms a fault by name, to strike <paramref name="count"/> times after letting <paramref name="skip"/> chances pass.</summary>
    /// <exception cref="ArgumentException">There is no such fault.</exception>
    public void ArmFault(string name, int count = 1, int skip = 0)
    {
        _state.Faults.Arm(name, count, skip);
        ApplyStandingFaults();
    }

    /// <summary>Disarms a fault, or all of them.</summary>
    public void DisarmFault(string? name = null)
    {
        _state.Faults.Disarm(name);
        ApplyStandingFaults();
    }

    /// <summary>Every snapshot that ever was, with the SHA-256 of its disks.</summary>
    public IReadOnlyList<SnapshotLogEntry> Snapshots() => _state.SnapshotLog.Read();

    /// <summary>What the VMs hold at this moment.</summary>
    public LabStateReport State() => LabStateReport.Of(_state);

    /// <summary>Ends every session, as a restart of the server does.</summary>
    public void ExpireSessions() => _state.Sessions.CloseAll();

    /// <summary>Reads a disk as the guest sees it now.</summary>
    public byte[] ReadDisk(string vm, int disk, long offset, int length)
    {
        var bytes = new byte[length];
        _state.Disk(vm, disk).Tree!.Read(offset, bytes);
        return bytes;
    }

    /// <summary>Reads a disk as a snapshot froze it.</summary>
    public byte[] ReadSnapshotDisk(string vm, string snapshot, int disk, long offset, int length)
    {
        var (tree, layer) = Frozen(vm, snapshot, disk);
        var bytes = new byte[length];
        tree.Read(layer, offset, bytes);
        return bytes;
    }

    /// <summary>Writes a disk as a snapshot froze it into a sparse raw file.</summary>
    public void ExportSnapshotDisk(string vm, string snapshot, int disk, string path)
    {
        var (tree, layer) = Frozen(vm, snapshot, disk);
        DiskImage.Export(tree, layer, path);
    }

    (DiskTree Tree, DiskLayer Layer) Frozen(string vm, string snapshot, int disk)
    {
        var found = _state.Inventory.VmNamed(vm).Snapshots.Find(one => one.Id == snapshot || one.Name == snapshot)
            ?? throw new KeyNotFoundException($"{vm} has no snapshot '{snapshot}'.");
        var target = _state.Disk(vm, disk);
        var frozen = found.Disks.FirstOrDefault(one => one.Disk == target)
            ?? throw new KeyNotFoundException($"Snapshot '{snapshot}' of {vm} does not hold disk {disk}.");
        return (target.Tree!, frozen.Layer(found));
    }

    void ApplyStandingFaults()
    {
        var full = _state.Faults.Standing(FaultNames.FullDatastore);
        foreach (var datastore in _state.Inventory.Datastores)
        {
            datastore.Space.SetFull(full.Any(arguments => arguments.Length == 0 || arguments[0] == datastore.Name));
        }

        _state.Inventory.Changed.Raise();
    }
}
