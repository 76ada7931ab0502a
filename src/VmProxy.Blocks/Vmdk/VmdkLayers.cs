namespace VmProxy.Blocks.Vmdk;

/// <summary>Builds the devices of a chain, base first. Each layer reads from the one below where it holds nothing itself.</summary>
sealed class VmdkLayers(IVmdkFiles files) : IAsyncDisposable
{
    readonly List<IBlockDevice> _layers = [];

    /// <summary>The device on top.</summary>
    public IBlockDevice Top => _layers[^1];

    /// <summary>Opens the chain; what was opened stays with this object, also when it throws.</summary>
    public async Task OpenAsync(IReadOnlyList<VmdkLink> chain, bool writableTop, CancellationToken cancellationToken)
    {
        for (var i = chain.Count - 1; i >= 0; i--)
        {
            var parent = _layers.Count == 0 ? null : Top;
            var extents = new List<IBlockDevice>();
            try
            {
                var position = 0L;
                foreach (var extent in chain[i].Descriptor.Extents)
                {
                    var below = parent is null ? null : new SliceBlockDevice(parent, position, extent.Length, ownsInner: false);
                    extents.Add(writableTop && i == 0
                        ? await OpenWritableAsync(chain[i], extent, below, cancellationToken).ConfigureAwait(false)
                        : await OpenAsync(chain[i], extent, below, cancellationToken).ConfigureAwait(false));
                    position += extent.Length;
                }
            }
            catch
            {
                await new ConcatenatedBlockDevice([.. extents, new ZeroBlockDevice(0)]).DisposeAsync().ConfigureAwait(false);
                throw;
            }

            _layers.Add(new ConcatenatedBlockDevice(extents));
        }
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = _layers.Count - 1; i >= 0; i--)
        {
            await _layers[i].DisposeAsync().ConfigureAwait(false);
        }
    }

    async Task<IBlockDevice> OpenAsync(VmdkLink link, VmdkExtent extent, IBlockDevice? below, CancellationToken cancellationToken)
    {
        if (extent.Type == VmdkExtent.Zero || extent.Access == VmdkExtentAccess.None)
        {
            return new ZeroBlockDevice(extent.Length);
        }

        ThrowIfUnsupported(link.Path, extent);
        var path = Resolve(link, extent);
        var file = await files.OpenAsync(path, cancellationToken).ConfigureAwait(false);
        if (extent.Type == VmdkExtent.VmfsSparse)
        {
            return await CheckLengthAsync(
                await CowdExtent.OpenAsync(file, below, path, cancellationToken).ConfigureAwait(false), extent, path).ConfigureAwait(false);
        }

        if (extent.Type == VmdkExtent.Sparse)
        {
            return await SparseExtent.OpenAsync(file, below, extent.Length, path, cancellationToken).ConfigureAwait(false);
        }

        await ThrowIfCutOffAsync(file, extent, path).ConfigureAwait(false);
        return new SliceBlockDevice(file, extent.OffsetSectors * VmdkDescriptor.SectorSize, extent.Length, ownsInner: true);
    }

    async Task<IBlockDevice> OpenWritableAsync(
        VmdkLink link, VmdkExtent extent, IBlockDevice? below, CancellationToken cancellationToken)
    {
        ThrowIfUnsupported(link.Path, extent);
        if (extent.Access != VmdkExtentAccess.ReadWrite || extent.Type is VmdkExtent.Zero or VmdkExtent.Sparse)
        {
            throw new BlockDeviceException(
                BlockErrorCodes.AccessDenied, link.Path, $"Disk '{link.Path}' cannot be written: its {extent.Type} extent is not for writing.");
        }

        var path = Resolve(link, extent);
        if (extent.Type == VmdkExtent.VmfsSparse)
        {
            var delta = await WritableCowdExtent.OpenAsync(path, below, cancellationToken).ConfigureAwait(false);
            return await CheckLengthAsync(delta, extent, path).ConfigureAwait(false);
        }

        var file = await WritableFileBlockDevice.OpenWritableAsync(path, cancellationToken: cancellationToken).ConfigureAwait(false);
        await ThrowIfCutOffAsync(file, extent, path).ConfigureAwait(false);
        return new WritableSliceBlockDevice(file, extent.OffsetSectors * VmdkDescriptor.SectorSize, extent.Length, ownsInner: true);
    }

    string Resolve(VmdkLink link, VmdkExtent extent) => link.IsEmbedded
        ? link.Path
        : files.Resolve(link.Path, extent.FileName!) ?? throw new BlockDeviceException(
            BlockErrorCodes.ExtentInvalid,
            link.Path,
            $"Extent '{extent.FileName}' of disk '{link.Path}' lies outside the disk's folder, and no such datastore is known here.");

    static void ThrowIfUnsupported(string descriptor, VmdkExtent extent)
    {
        if (extent.Type is not (VmdkExtent.Flat or VmdkExtent.Vmfs or VmdkExtent.VmfsSparse or VmdkExtent.Sparse or VmdkExtent.Zero))
        {
            throw new BlockDeviceException(
                BlockErrorCodes.DescriptorUnsupported,
                descriptor,
                $"Disk '{descriptor}' has an extent of type {extent.Type}, which cannot be read from its files. Read it through the host instead.");
        }
    }

    static async ValueTask<IBlockDevice> CheckLengthAsync(IBlockDevice delta, VmdkExtent extent, string path)
    {
        if (delta.Length == extent.Length)
        {
            return delta;
        }

        var length = delta.Length;
        await delta.DisposeAsync().ConfigureAwait(false);
        throw CowdHeader.Invalid(path, $"its disk has {length} bytes, but the descriptor says {extent.Length}");
    }

    static async ValueTask ThrowIfCutOffAsync(IBlockDevice file, VmdkExtent extent, string path)
    {
        var end = (extent.OffsetSectors * VmdkDescriptor.SectorSize) + extent.Length;
        if (end > 0 && end <= file.Length)
        {
            return;
        }

        var length = file.Length;
        await file.DisposeAsync().ConfigureAwait(false);
        throw new BlockDeviceException(
            BlockErrorCodes.ExtentInvalid, path, $"Extent '{path}' has {length} bytes, but its descriptor needs {end}: it is cut off.");
    }
}
