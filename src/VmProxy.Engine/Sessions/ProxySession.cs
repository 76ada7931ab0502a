using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Sessions;
using VmProxy.Engine.Transports;
using VmProxy.Repository;
using VmProxy.Vsphere;

namespace VmProxy.Engine;

/// <summary>
/// What the jobs of one process share: configuration, clock, and the catalog, repositories and vCenters, each opened when it is first needed.
/// </summary>
public sealed class ProxySession : IAsyncDisposable
{
    readonly SemaphoreSlim _opening = new(1);
    readonly Dictionary<string, OpenedRepository> _repositories = [];
    readonly Dictionary<string, OpenedVcenter> _vcenters = [];
    CatalogDatabase? _catalog;

    /// <summary>Creates a session that has nothing open yet.</summary>
    public ProxySession(ProxyConfiguration configuration, TimeProvider time, ILoggerFactory loggers)
        : this(configuration, time, loggers, new SessionParts())
    {
    }

    internal ProxySession(ProxyConfiguration configuration, TimeProvider time, ILoggerFactory loggers, SessionParts parts)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Settings = configuration.Settings;
        Time = time;
        Loggers = loggers;
        Parts = parts;
    }

    /// <summary>The validated configuration.</summary>
    public ProxySettings Settings { get; }

    /// <summary>The clock of everything.</summary>
    public TimeProvider Time { get; }

    internal ILoggerFactory Loggers { get; }

    internal SessionParts Parts { get; }

    /// <summary>The catalog.</summary>
    /// <exception cref="CatalogException">It cannot be opened.</exception>
    public async Task<CatalogDatabase> CatalogAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _catalog ??= await CatalogDatabase.OpenAsync(Settings.CatalogPath, Time, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>An opened repository.</summary>
    /// <exception cref="RepositoryException">It cannot be opened.</exception>
    public Task<OpenedRepository> RepositoryAsync(RepositorySettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return OpenOnceAsync(_repositories, settings.Name, () => OpenedRepository.OpenAsync(settings, Time, cancellationToken), cancellationToken);
    }

    /// <summary>A logged-in vCenter or host.</summary>
    /// <exception cref="VsphereException">It cannot be reached, or refuses us.</exception>
    public Task<OpenedVcenter> VcenterAsync(VcenterSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return OpenOnceAsync(
            _vcenters, settings.Name, () => OpenedVcenter.ConnectAsync(settings, new ProxyLocks(Settings.LocksFolder, Time), Time, Loggers, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var vcenter in _vcenters.Values)
        {
            await vcenter.Connection.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var repository in _repositories.Values)
        {
            await repository.Repository.DisposeAsync().ConfigureAwait(false);
        }

        if (_catalog is not null)
        {
            await _catalog.DisposeAsync().ConfigureAwait(false);
        }

        _opening.Dispose();
    }

    async Task<T> OpenOnceAsync<T>(Dictionary<string, T> opened, string name, Func<Task<T>> open, CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!opened.TryGetValue(name, out var value))
            {
                opened.Add(name, value = await open().ConfigureAwait(false));
            }

            return value;
        }
        finally
        {
            _opening.Release();
        }
    }
}
