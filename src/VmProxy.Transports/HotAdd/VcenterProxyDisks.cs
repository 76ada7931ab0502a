using VmProxy.Vsphere;

namespace VmProxy.Transports.HotAdd;

/// <summary>The proxy VM's disks as vCenter has them.</summary>
sealed class VcenterProxyDisks(VcenterConnection vcenter) : IProxyDisks
{
    public async Task<IProxyTurn> TakeTurnAsync(ObjectId proxyVm, CancellationToken cancellationToken) =>
        new Turn(vcenter.Disks, await vcenter.Disks.TakeTurnAsync(proxyVm, cancellationToken).ConfigureAwait(false));

    public async Task<bool> IsAttachedAsync(ObjectId proxyVm, string fileName, CancellationToken cancellationToken)
    {
        var disks = await vcenter.Disks.ListAsync(proxyVm, cancellationToken).ConfigureAwait(false);
        return disks.Any(disk => disk.FileName == fileName);
    }

    sealed class Turn(ProxyDisks disks, ProxyTurn turn) : IProxyTurn
    {
        public Task<AttachedDisk> AttachAsync(SnapshotDiskRequest request, CancellationToken cancellationToken) =>
            disks.AttachAsync(turn, DiskToAttach.Of(request.Disk), cancellationToken);

        public Task DetachAsync(int deviceKey, string fileName, CancellationToken cancellationToken) =>
            disks.DetachAsync(turn, deviceKey, fileName, cancellationToken);

        public ValueTask DisposeAsync() => turn.DisposeAsync();
    }
}
