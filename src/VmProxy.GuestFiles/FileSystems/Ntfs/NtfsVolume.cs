using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>What all parts of the reader share: the device, its geometry, the MFT, and how names are compared.</summary>
sealed class NtfsVolume : IAsyncDisposable
{
    readonly CachedBlockDevice _metadata;

    NtfsVolume(IBlockDevice device, NtfsGeometry geometry, string name)
    {
        (Device, Geometry, Name) = (device, geometry, name);
        _metadata = new CachedBlockDevice(device, ownsInner: false);
        Clusters = Math.Max(geometry.Length, device.Length) / geometry.ClusterSize + 1;
    }

    /// <summary>How it is called in errors.</summary>
    public string Name { get; }

    /// <summary>The device itself: content is read from it.</summary>
    public IBlockDevice Device { get; }

    /// <summary>The device through a bounded cache: metadata is read from it.</summary>
    public IBlockDevice Metadata => _metadata;

    public NtfsGeometry Geometry { get; }

    /// <summary>Clusters of the volume, the last of which may be cut. A device that is shorter shows when something behind its end is read.</summary>
    public long Clusters { get; }

    public NtfsMft Mft { get; private set; } = null!;

    public NtfsUpCase UpCase { get; set; } = NtfsUpCase.Default;

    /// <summary>The log that was open when the volume was taken; null for one that was closed.</summary>
    public NtfsLog? Log { get; set; }

    public static async ValueTask<NtfsVolume> OpenAsync(IBlockDevice device, NtfsGeometry geometry, string name, CancellationToken cancellationToken)
    {
        var volume = new NtfsVolume(device, geometry, name);
        try
        {
            volume.Mft = await NtfsMft.OpenAsync(volume, cancellationToken).ConfigureAwait(false);
            return volume;
        }
        catch
        {
            await volume.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>An attribute's bytes as a device, compressed ones decompressed.</summary>
    /// <param name="stream">The attribute.</param>
    /// <param name="subject">How errors call it.</param>
    /// <param name="isMetadata">Whether it is read through the cache.</param>
    /// <exception cref="GuestFileException">It is of a form that is not read.</exception>
    public IBlockDevice Open(NtfsStream stream, string subject, bool isMetadata = false)
    {
        if (stream.IsEncrypted)
        {
            throw new GuestFileException(GuestFileErrorCodes.Encrypted, subject, $"The content of {subject} is encrypted (EFS).");
        }

        var device = isMetadata ? Metadata : Device;
        return stream switch
        {
            { Resident: { } bytes } => new BytesContent(bytes),
            { UnitClusters: 0 } => new NtfsContent(device, Geometry.ClusterSize, stream.Runs, stream.Size, stream.Initialized, subject),
            _ => NtfsCompressedContent.Open(device, Geometry.ClusterSize, stream, subject),
        };
    }

    /// <summary>All bytes of an attribute, at most as many as are given.</summary>
    public async ValueTask<byte[]> ReadAsync(NtfsStream stream, int most, CancellationToken cancellationToken)
    {
        await using var content = Open(stream, stream.Subject, isMetadata: true);
        var bytes = new byte[(int)Math.Min(content.Length, most)];
        await content.ReadAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        if (Mft is not null)
        {
            await Mft.DisposeAsync().ConfigureAwait(false);
        }

        await _metadata.DisposeAsync().ConfigureAwait(false);
    }
}
