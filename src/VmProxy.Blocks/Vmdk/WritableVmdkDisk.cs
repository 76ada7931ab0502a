namespace VmProxy.Blocks.Vmdk;

/// <summary>
/// A VMware disk whose own extents are written while its parents stay read-only. It does not change the content id: whoever writes decides
/// when the disk counts as changed (<see cref="VmdkDescriptor.NewCid"/>).
/// </summary>
public sealed class WritableVmdkDisk : VmdkDisk, IWritableBlockDevice
{
    readonly ConcatenatedBlockDevice _extents;

    WritableVmdkDisk(IReadOnlyList<VmdkLink> chain, VmdkLayers layers)
        : base(chain, layers)
    {
        _extents = (ConcatenatedBlockDevice)Top;
    }

    /// <summary>Opens a disk in a folder of this machine to read and write it.</summary>
    /// <param name="path">Its descriptor.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="BlockDeviceException">As <see cref="VmdkDisk.OpenAsync(string, CancellationToken)"/>, or an extent is not writable.</exception>
    public static async Task<WritableVmdkDisk> OpenWritableAsync(string path, CancellationToken cancellationToken)
    {
        var (chain, layers) = await OpenLayersAsync(
            System.IO.Path.GetFullPath(path), new LocalVmdkFiles(), withParents: true, writable: true, cancellationToken).ConfigureAwait(false);
        return new WritableVmdkDisk(chain, layers);
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, data.Length);
        while (!data.IsEmpty)
        {
            var (extent, inside, piece) = Locate(offset, data.Length);
            await extent.WriteAsync(inside, data[..(int)piece], cancellationToken).ConfigureAwait(false);
            data = data[(int)piece..];
            offset += piece;
        }
    }

    /// <inheritdoc/>
    public async ValueTask ZeroAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        while (length > 0)
        {
            var (extent, inside, piece) = Locate(offset, length);
            await extent.ZeroAsync(inside, piece, cancellationToken).ConfigureAwait(false);
            offset += piece;
            length -= piece;
        }
    }

    /// <inheritdoc/>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        foreach (var extent in _extents.Parts)
        {
            await ((IWritableBlockDevice)extent).FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    (IWritableBlockDevice Extent, long Inside, long Length) Locate(long offset, long length)
    {
        var index = _extents.PartAt(offset);
        var inside = offset - _extents.StartOf(index);
        var extent = (IWritableBlockDevice)_extents.Parts[index];
        return (extent, inside, Math.Min(length, extent.Length - inside));
    }
}
