using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>A disk that we attached to the proxy, or began to.</summary>
/// <param name="Entry">Its entry in the journal.</param>
/// <param name="Vm">The VM that it belongs to.</param>
/// <param name="ProxyVm">The proxy VM.</param>
/// <param name="FileName">The descriptor that was attached.</param>
/// <param name="DeviceKey">Its device on the proxy; null while that is not known.</param>
sealed record LentDisk(long Entry, ObjectId Vm, ObjectId ProxyVm, string FileName, int? DeviceKey)
{
    /// <summary>Takes the disk off the proxy if it is there, and returns only when it is not.</summary>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="VsphereException">It could not be detached, or nobody can tell.</exception>
    public async Task<bool> DetachAsync(VcenterConnection connection, CancellationToken cancellationToken)
    {
        if (DeviceKey is null)
        {
            // The attach may still be under way.
            await connection.Tasks.SettleAsync(ProxyVm, ProxyVm.ToString(), cancellationToken).ConfigureAwait(false);
        }

        var attached = await connection.Disks.ListAsync(ProxyVm, cancellationToken).ConfigureAwait(false);
        var found = attached.FirstOrDefault(disk =>
            disk.FileName == FileName && disk.DiskMode == "independent_nonpersistent" && (DeviceKey is null || disk.Key == DeviceKey));
        return found is not null
            && await connection.Disks.DetachAsync(ProxyVm, found.Key, FileName, cancellationToken).ConfigureAwait(false);
    }
}
