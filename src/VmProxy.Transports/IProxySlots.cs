using VmProxy.Vsphere;

namespace VmProxy.Transports;

/// <summary>The places for disks on a proxy VM, shared by all jobs and processes that use it.</summary>
public interface IProxySlots
{
    /// <summary>Waits for one of the proxy VM's places. Disposing what is returned gives it back; so does the death of the process.</summary>
    /// <param name="proxyVm">The proxy VM.</param>
    /// <param name="slots">How many there are.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IAsyncDisposable> TakeAsync(ObjectId proxyVm, int slots, CancellationToken cancellationToken);
}
