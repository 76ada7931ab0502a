using VmProxy.Vsphere;

namespace VmProxy.Transports.HotAdd;

/// <summary>The proxy VM's disks as vCenter has them. It makes the changes of one proxy VM one after another.</summary>
sealed class VcenterProxyDisks(VcenterConnection vcenter) : IProxyDisks
{
    public async Task<int> AttachAsync(ObjectId proxyVm, SnapshotDiskRequest request, CancellationToken cancellationToken)
    {
        var attached = await vcenter.Disks.AttachAsync(proxyVm, DiskToAttach.Of(request.Disk), cancellationToken).ConfigureAwait(false);
        return attached.Key;
    }

    public Task DetachAsync(ObjectId proxyVm, int deviceKey, string fileName, CancellationToken cancellationToken) =>
        vcenter.Disks.DetachAsync(proxyVm, deviceKey, fileName, cancellationToken);

    public async Task<bool> IsAttachedAsync(ObjectId proxyVm, string fileName, CancellationToken cancellationToken)
    {
        var disks = await vcenter.Disks.ListAsync(proxyVm, cancellationToken).ConfigureAwait(false);
        return disks.Any(disk => disk.FileName == fileName);
    }
}
