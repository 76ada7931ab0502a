namespace VmProxy.Blocks.Vmdk;

/// <summary>
/// A VMware disk, opened by its descriptor, or by the file that holds descriptor and data: flat and sparse extents, redo logs and the whole
/// chain below them. It owns every file that it opened.
/// </summary>
public class VmdkDisk : IBlockDevice
{
    readonly VmdkLayers _layers;

    private protected VmdkDisk(IReadOnlyList<VmdkLink> chain, VmdkLayers layers)
    {
        Chain = chain;
        _layers = layers;
    }

    /// <summary>The descriptors that were opened, from this disk down to its base.</summary>
    public IReadOnlyList<VmdkLink> Chain { get; }

    /// <summary>The disk's own descriptor.</summary>
    public VmdkDescriptor Descriptor => Chain[0].Descriptor;

    /// <inheritdoc/>
    public long Length => Top.Length;

    /// <inheritdoc/>
    public int SectorSize => VmdkDescriptor.SectorSize;

    /// <inheritdoc/>
    public int PreferredReadSize => Top.PreferredReadSize;

    /// <inheritdoc/>
    public int MaxInFlight => Top.MaxInFlight;

    private protected IBlockDevice Top => _layers.Top;

    /// <summary>Opens a disk in a folder of this machine.</summary>
    /// <param name="path">Its descriptor.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="BlockDeviceException">
    /// A file is missing, damaged or lies outside the folder, the chain is broken, or an extent is of a type that is not supported.
    /// </exception>
    public static Task<VmdkDisk> OpenAsync(string path, CancellationToken cancellationToken) =>
        OpenAsync(Path.GetFullPath(path), new LocalVmdkFiles(), withParents: true, cancellationToken);

    /// <summary>Opens a disk wherever its files are.</summary>
    /// <param name="path">Its descriptor, as <paramref name="files"/> calls it.</param>
    /// <param name="files">Where its files are found.</param>
    /// <param name="withParents">
    /// False opens only the disk's own extents: what a redo log does not hold is then a hole, so that its runs tell what it holds.
    /// </param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="BlockDeviceException">
    /// A file is missing, damaged or out of reach, the chain is broken, or an extent is of a type that is not supported.
    /// </exception>
    public static async Task<VmdkDisk> OpenAsync(string path, IVmdkFiles files, bool withParents, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(files);
        var (chain, layers) = await OpenLayersAsync(path, files, withParents, writable: false, cancellationToken).ConfigureAwait(false);
        return new VmdkDisk(chain, layers);
    }

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        Top.ReadAsync(offset, buffer, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken) =>
        Top.RunsAsync(offset, length, cancellationToken);

    /// <summary>Closes every file of the chain.</summary>
    public async ValueTask DisposeAsync()
    {
        await _layers.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    private protected static async Task<(IReadOnlyList<VmdkLink> Chain, VmdkLayers Layers)> OpenLayersAsync(
        string path, IVmdkFiles files, bool withParents, bool writable, CancellationToken cancellationToken)
    {
        var chain = await VmdkChain.ReadAsync(files, path, withParents, cancellationToken).ConfigureAwait(false);
        var layers = new VmdkLayers(files);
        try
        {
            await layers.OpenAsync(chain, writable, cancellationToken).ConfigureAwait(false);
            return (chain, layers);
        }
        catch
        {
            await layers.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
