using VmProxy.Vsphere;

namespace VmProxy.Transports;

/// <summary>One way to read the disk of a snapshot.</summary>
public interface IDiskTransport
{
    /// <summary>Its name in configuration, on the command line and in results, such as "hotadd".</summary>
    string Name { get; }

    /// <summary>Says from inventory facts alone, and without any change, whether this transport can read a disk, and why not.</summary>
    /// <param name="vm">The VM that is backed up.</param>
    /// <param name="disk">The disk, as the VM or its snapshot has it.</param>
    TransportVerdict Judge(VirtualMachine vm, VirtualDisk disk);

    /// <summary>Opens a disk of a snapshot to read it. Disposing what is returned undoes every change that opening made.</summary>
    /// <exception cref="TransportException">The disk could not be opened; what opening had changed is undone, or stays in the journal.</exception>
    Task<OpenedDisk> OpenAsync(SnapshotDiskRequest request, CancellationToken cancellationToken);
}
