namespace VmProxy.Vsphere;

/// <summary>What lies on a datastore, and what VMs refer to. Both look at much; neither is for every hour.</summary>
public sealed class DatastoreFiles
{
    const string Searching = "searching files";

    static readonly string[] Paths = ["name", "layoutEx", "config.files", VirtualMachineMapper.DevicesPath, "datastore"];
    static readonly string[] Browser = ["browser"];

    readonly VcenterCaller _caller;
    readonly PropertyReader _properties;
    readonly VcenterTasks _tasks;

    internal DatastoreFiles(VcenterCaller caller, PropertyReader properties, VcenterTasks tasks) => (_caller, _properties, _tasks) = (caller, properties, tasks);

    /// <summary>
    /// Every file of a datastore that its browser shows. Needs Datastore.Browse. A browser may hide the extents of disks behind their descriptors,
    /// which have the size of both, and may show them all the same.
    /// </summary>
    /// <exception cref="VsphereException">The server refused, or the datastore is gone.</exception>
    public async Task<IReadOnlyList<DatastoreFile>> SearchAsync(Datastore datastore, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(datastore);
        var read = await _properties.ReadAsync(datastore.Id, Browser, cancellationToken).ConfigureAwait(false);
        var browser = read.Reference("browser") ?? throw new VsphereException(
            VsphereErrorCodes.NotSupported, datastore.Name, Searching, "the server offers no browser of it.", "Look at it by hand.");
        // The pattern is what everybody asks with; there are servers that find nothing without one.
        var spec = new Vim.HostDatastoreBrowserSearchSpec
        {
            MatchPattern = ["*"],
            Details = new Vim.FileQueryFlags { FileType = true, FileSize = true, Modification = true, FileOwner = false },
        };

        // A search changes nothing, so it may be begun again when an answer is lost.
        var task = await _caller.ReadAsync(
            datastore.Name,
            Searching,
            (client, token) => client.SearchDatastoreSubFoldersTaskAsync(browser.ToReference(), $"[{datastore.Name}]", spec, token),
            cancellationToken).ConfigureAwait(false);
        var result = await _tasks.WaitForResultAsync(task.ToId(), datastore.Name, Searching, cancellationToken).ConfigureAwait(false);
        return
        [
            .. (result as Vim.VimArray)?.Items.OfType<Vim.HostDatastoreBrowserSearchResults>().SelectMany(folder => folder.File.Select(
                file => new DatastoreFile(PathOf(folder.FolderPath ?? "", file.Path), file.FileSize ?? 0, file.Modification, file is Vim.FolderFileInfo))) ?? [],
        ];
    }

    /// <summary>Everything that VMs and templates refer to: files of their layouts, of their configuration and of the chains of their disks.</summary>
    /// <exception cref="VsphereException">The server could not be read.</exception>
    public Task<VmFileReferences> ReadReferencesAsync(CancellationToken cancellationToken) => _caller.WithNewViewAsync(PassAsync, cancellationToken);

    async Task<VmFileReferences> PassAsync(CancellationToken cancellationToken)
    {
        var files = new HashSet<string>(StringComparer.Ordinal);
        List<(string, IReadOnlyList<ObjectId>)> unknown = [];
        await foreach (var vm in _properties.ScanAsync(
            _caller.Content.RootFolder, [("VirtualMachine", Paths)], _caller.Options.PageSize, cancellationToken).ConfigureAwait(false))
        {
            var layout = vm.Object<Vim.VirtualMachineFileLayoutEx>("layoutEx");
            var own = vm.Object<Vim.VirtualMachineFileInfo>("config.files");
            if (layout is null || own is null)
            {
                unknown.Add((vm.Text("name") ?? vm.Id.Value, [.. vm.List<Vim.ManagedObjectReference>("datastore").Select(References.ToId)]));
            }

            var disks = Devices.Of(vm).Disks.SelectMany(disk => disk.Chain);
            foreach (var path in (layout?.File.Select(file => file.Name) ?? []).Concat(disks).Append(own?.VmPathName))
            {
                if (DatastorePath.TryParse(path, out var file))
                {
                    files.Add(file.ToString());
                }
            }
        }

        return new VmFileReferences(files, unknown);
    }

    // "[datastore]", "[datastore] folder" or "[datastore] folder/", as servers differ.
    static DatastorePath PathOf(string folder, string name)
    {
        var end = folder.IndexOf(']', StringComparison.Ordinal);
        var below = end < 0 ? "" : folder[(end + 1)..].Trim().Trim('/');
        return new DatastorePath(end > 1 ? folder[1..end] : "", below.Length == 0 ? name : $"{below}/{name}");
    }
}

/// <summary>A file or folder that a datastore's browser shows.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Bytes">What it takes; of a disk's descriptor, with its extents. 0 for a folder.</param>
/// <param name="Modified">When it was last written; null when the server does not say.</param>
/// <param name="IsFolder">Whether it is a folder.</param>
public sealed record DatastoreFile(DatastorePath Path, long Bytes, DateTimeOffset? Modified, bool IsFolder);

/// <summary>What the VMs of a vCenter refer to.</summary>
/// <param name="Files">As <c>[datastore] folder/name</c>. Datastores of one name in two datacenters are not told apart.</param>
/// <param name="Unknown">VMs whose files the server does not know, with the datastores that it names for each; none when it does not know these either.</param>
public sealed record VmFileReferences(IReadOnlySet<string> Files, IReadOnlyList<(string Name, IReadOnlyList<ObjectId> Datastores)> Unknown);
