using System.Collections.Concurrent;

namespace VmProxy.Vsphere;

/// <summary>Fresh facts about datastores, and downloads of small files from them.</summary>
public sealed class DatastoreAccess
{
    /// <summary>A refresh makes hosts look at their storage: a few at a time.</summary>
    const int RefreshesAtOnce = 8;

    const string Refreshing = "refreshing free space";

    readonly VcenterCaller _caller;
    readonly PropertyReader _properties;
    readonly FolderDownload _download;
    readonly SpaceReader _space;

    internal DatastoreAccess(VcenterCaller caller, PropertyReader properties, VirtualMachines machines, FolderDownload download)
    {
        _space = new SpaceReader(properties, machines);
        _caller = caller;
        _properties = properties;
        _download = download;
    }

    /// <summary>Makes the server ask the storage for free space: what it remembers may be minutes old.</summary>
    /// <exception cref="VsphereException">The server refused, for example because no host reaches the datastore.</exception>
    public async Task RefreshAsync(ObjectId datastore, CancellationToken cancellationToken)
    {
        await RefreshSpaceAsync(datastore, cancellationToken).ConfigureAwait(false);
        await TryRefreshUsageAsync(datastore, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads one datastore as the storage sees it now: after a refresh.</summary>
    /// <exception cref="VsphereException">The server refused, for example because no host reaches the datastore.</exception>
    public async Task<Datastore> ReadFreshAsync(ObjectId datastore, CancellationToken cancellationToken)
    {
        await RefreshAsync(datastore, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(datastore, cancellationToken).ConfigureAwait(false);
    }

    Task RefreshSpaceAsync(ObjectId datastore, CancellationToken cancellationToken) => _caller.ReadAsync(
        datastore.ToString(), Refreshing, (client, token) => client.RefreshDatastoreAsync(datastore.ToReference(), token), cancellationToken);

    /// <summary>Free space, capacity and what VMs take. False on a single host, which has only the other refresh; it alone brings free space up to date there.</summary>
    async Task<bool> TryRefreshUsageAsync(ObjectId datastore, CancellationToken cancellationToken)
    {
        try
        {
            await _caller.ReadAsync(
                datastore.ToString(), Refreshing, (client, token) => client.RefreshDatastoreStorageInfoAsync(datastore.ToReference(), token), cancellationToken)
                .ConfigureAwait(false);
            return true;
        }
        catch (VsphereException exception) when (exception.Code == VsphereErrorCodes.NotSupported)
        {
            return false;
        }
    }

    /// <summary>Refreshes every datastore that a host reaches, several at a time. That also brings up to date what the VMs on it are said to take.</summary>
    /// <returns>Those that the server would not refresh: what it tells of them may be old.</returns>
    /// <exception cref="VsphereException">The datastores could not be listed.</exception>
    public async Task<IReadOnlyDictionary<ObjectId, VsphereException>> RefreshAllAsync(CancellationToken cancellationToken)
    {
        var datastores = await _caller.WithNewViewAsync(ListAsync, cancellationToken).ConfigureAwait(false);
        var refused = new ConcurrentDictionary<ObjectId, VsphereException>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = RefreshesAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(datastores, options, async (datastore, token) =>
        {
            try
            {
                if (!await TryRefreshUsageAsync(datastore, token).ConfigureAwait(false))
                {
                    await RefreshSpaceAsync(datastore, token).ConfigureAwait(false);
                }
            }
            catch (VsphereException exception)
            {
                refused[datastore] = exception;
            }
        }).ConfigureAwait(false);
        return refused;
    }

    async Task<List<ObjectId>> ListAsync(CancellationToken cancellationToken)
    {
        List<ObjectId> found = [];
        await foreach (var datastore in _properties.ScanAsync(
            _caller.Content.RootFolder, [("Datastore", ["summary.accessible"])], _caller.Options.PageSize, cancellationToken).ConfigureAwait(false))
        {
            if (datastore.Flag("summary.accessible") != false)
            {
                found.Add(datastore.Id);
            }
        }

        return found;
    }

    /// <summary>Reads one datastore in one call. Its datacenter is left out: the inventory has it.</summary>
    /// <exception cref="VsphereException">With <see cref="VsphereErrorCodes.ObjectGone"/>: it does not exist.</exception>
    public async Task<Datastore> ReadAsync(ObjectId datastore, CancellationToken cancellationToken)
        => DatastoreMapper.Map(await _properties.ReadAsync(datastore, DatastoreMapper.Paths, cancellationToken).ConfigureAwait(false));

    /// <summary>Measures a VM's files after a refresh: what they take in all, and what the guest wrote since a snapshot.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="snapshot">The snapshot; null when only the sum is wanted.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="VsphereException">With <see cref="VsphereErrorCodes.ObjectGone"/>: the VM does not exist; or what the server says.</exception>
    public Task<VmSpace> MeasureAsync(ObjectId vm, ObjectId? snapshot, CancellationToken cancellationToken) =>
        _space.ReadAsync(vm, snapshot, cancellationToken);

    /// <summary>Downloads a file over the server's datastore browser.</summary>
    /// <param name="datacenter">Datacenter of the datastore.</param>
    /// <param name="file">The file: <c>[datastore] folder/name</c>.</param>
    /// <param name="target">Receives the bytes; has received some when the download fails.</param>
    /// <param name="maximumBytes">A longer file is refused: a configuration that grew to gigabytes is none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Bytes received.</returns>
    /// <exception cref="VsphereException">
    /// <see cref="VsphereErrorCodes.NotFound"/>, <see cref="VsphereErrorCodes.FileTooLarge"/>, <see cref="VsphereErrorCodes.NoPermission"/>,
    /// <see cref="VsphereErrorCodes.Unreachable"/> or <see cref="VsphereErrorCodes.ProtocolError"/>.
    /// </exception>
    public Task<long> DownloadAsync(
        Datacenter datacenter, string file, Stream target, long maximumBytes, CancellationToken cancellationToken)
        => _download.DownloadAsync(datacenter, file, target, maximumBytes, cancellationToken);
}
