namespace VmProxy.Vsphere;

/// <summary>Makes the changes of a proxy VM follow each other beyond one connection: those of other connections and processes too.</summary>
public interface IProxyTurns
{
    /// <summary>Waits for the turn. Disposing what is returned passes it on; so does the death of the process.</summary>
    Task<IAsyncDisposable> TakeAsync(ObjectId proxyVm, CancellationToken cancellationToken);
}

/// <summary>The right to change a proxy VM's disks, until it is disposed.</summary>
public sealed class ProxyTurn : IAsyncDisposable
{
    readonly SemaphoreSlim _own;
    readonly IAsyncDisposable? _shared;
    int _disposed;

    internal ProxyTurn(ObjectId proxyVm, SemaphoreSlim own, IAsyncDisposable? shared) => (ProxyVm, _own, _shared) = (proxyVm, own, shared);

    /// <summary>The proxy VM.</summary>
    public ObjectId ProxyVm { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            if (_shared is not null)
            {
                await _shared.DisposeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _own.Release();
        }
    }
}
