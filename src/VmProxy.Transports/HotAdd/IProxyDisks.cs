using VmProxy.Vsphere;

namespace VmProxy.Transports.HotAdd;

/// <summary>What hot-add needs of vCenter: the disks of the proxy VM.</summary>
interface IProxyDisks
{
    /// <summary>Waits until nobody else changes the proxy VM. Nothing is changed by that.</summary>
    Task<IProxyTurn> TakeTurnAsync(ObjectId proxyVm, CancellationToken cancellationToken);

    /// <summary>Whether a disk with this file is attached.</summary>
    Task<bool> IsAttachedAsync(ObjectId proxyVm, string fileName, CancellationToken cancellationToken);
}

/// <summary>A turn at changing the proxy VM; disposing it lets the next one go on.</summary>
interface IProxyTurn : IAsyncDisposable
{
    /// <summary>Attaches an existing disk as independent_nonpersistent and returns its place once it was read back.</summary>
    Task<AttachedDisk> AttachAsync(SnapshotDiskRequest request, CancellationToken cancellationToken);

    /// <summary>Removes the device, never its file, after checking that it is the disk that was attached; returns once it is gone.</summary>
    Task DetachAsync(int deviceKey, string fileName, CancellationToken cancellationToken);
}
