using VmProxy.Vsphere;

namespace VmProxy.Transports.HotAdd;

/// <summary>What hot-add needs of vCenter: the disks of the proxy VM.</summary>
interface IProxyDisks
{
    /// <summary>Attaches an existing disk as independent_nonpersistent and returns its device key once it was read back.</summary>
    Task<int> AttachAsync(ObjectId proxyVm, SnapshotDiskRequest request, CancellationToken cancellationToken);

    /// <summary>Removes the device, never its file, after checking that it is the disk that was attached; returns once it is gone.</summary>
    Task DetachAsync(ObjectId proxyVm, int deviceKey, string fileName, CancellationToken cancellationToken);

    /// <summary>Whether a disk with this file is attached.</summary>
    Task<bool> IsAttachedAsync(ObjectId proxyVm, string fileName, CancellationToken cancellationToken);
}
