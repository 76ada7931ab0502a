using VmProxy.Vsphere;

namespace VmProxy.Transports;

/// <summary>
/// Where a transport writes down a change in vCenter before it makes it. The engine keeps it in the catalog; after a crash the janitor undoes
/// what is still open.
/// </summary>
public interface IChangeJournal
{
    /// <summary>Writes down that a disk will be attached. Only after this returns may it be.</summary>
    /// <returns>The entry's number.</returns>
    Task<long> PlanAttachAsync(AttachIntent intent, CancellationToken cancellationToken);

    /// <summary>Records that the disk is attached.</summary>
    /// <param name="id">The entry.</param>
    /// <param name="deviceKey">Its device key on the proxy VM.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task AttachedAsync(long id, int deviceKey, CancellationToken cancellationToken);

    /// <summary>Records that the disk is detached again, or never was attached.</summary>
    Task DetachedAsync(long id, CancellationToken cancellationToken);
}

/// <summary>A disk that is about to be attached to the proxy VM.</summary>
/// <param name="Vm">The VM that is backed up.</param>
/// <param name="ProxyVm">The proxy VM.</param>
/// <param name="Snapshot">The snapshot that holds the disk.</param>
/// <param name="FileName">The disk's descriptor, "[datastore] folder/file.vmdk".</param>
public sealed record AttachIntent(VirtualMachine Vm, ObjectId ProxyVm, ObjectId Snapshot, string FileName);
