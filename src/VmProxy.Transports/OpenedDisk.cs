using VmProxy.Blocks;

namespace VmProxy.Transports;

/// <summary>A disk that a transport has opened.</summary>
/// <param name="device">Its bytes; owned.</param>
/// <param name="transport">The name of the transport that reads them.</param>
/// <param name="undo">Undoes what opening changed in vCenter, once the device is closed.</param>
public sealed class OpenedDisk(IBlockDevice device, string transport, Func<ValueTask> undo) : IAsyncDisposable
{
    int _disposed;

    /// <summary>The disk's bytes. It is closed with this object.</summary>
    public IBlockDevice Device => device;

    /// <summary>The name of the transport that reads them.</summary>
    public string Transport => transport;

    /// <summary>Closes the device, then undoes what opening it changed. Only the first call does; a failure is not tried again.</summary>
    /// <exception cref="TransportException">A change could not be undone. Its journal entry stays open for the janitor.</exception>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            await device.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            await undo().ConfigureAwait(false);
        }
    }
}
