using VmProxy.Blocks.Files;

namespace VmProxy.Blocks;

/// <summary>
/// A disk image or a raw block device that is written, such as the target of a restore. Writes of 64 KiB and more go past the page cache where
/// the file system allows it, fastest from buffers of an <see cref="AlignedBufferPool"/>; reads and small writes use the cache.
/// </summary>
public sealed class WritableFileBlockDevice : FileBlockDevice, IWritableBlockDevice
{
    WritableFileBlockDevice(OsFile file, int maxInFlight)
        : base(file, maxInFlight)
    {
    }

    /// <summary>Creates a sparse file of <paramref name="length"/> bytes that reads as zeros.</summary>
    /// <exception cref="BlockDeviceException">It exists and <paramref name="overwrite"/> is false, or it cannot be made.</exception>
    public static async Task<WritableFileBlockDevice> CreateAsync(
        string path,
        long length,
        bool overwrite = false,
        int maxInFlight = DefaultMaxInFlight,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxInFlight);
        path = System.IO.Path.GetFullPath(path);
        var file = await Task.Run(() => OsFileOpener.Create(path, length, overwrite), cancellationToken).ConfigureAwait(false);
        return new WritableFileBlockDevice(file, maxInFlight);
    }

    /// <summary>Opens an existing file or block device to read and write it.</summary>
    /// <exception cref="BlockDeviceException">It does not exist, access is refused, or it is not a disk.</exception>
    public static async Task<WritableFileBlockDevice> OpenWritableAsync(
        string path, int maxInFlight = DefaultMaxInFlight, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxInFlight);
        path = System.IO.Path.GetFullPath(path);
        var file = await Task.Run(() => OsFileOpener.OpenToWrite(path), cancellationToken).ConfigureAwait(false);
        return new WritableFileBlockDevice(file, maxInFlight);
    }

    /// <summary>Admits writes up to <paramref name="length"/> bytes, for containers that grow as they are written.</summary>
    internal void ExtendTo(long length) => File.ExtendTo(length);

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, data.Length);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : IoRequest.WriteAsync(Threads, offset, data, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask ZeroAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : IoRequest.ZeroAsync(Threads, offset, length, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => cancellationToken.IsCancellationRequested
        ? ValueTask.FromCanceled(cancellationToken)
        : IoRequest.FlushAsync(Threads, cancellationToken);
}
