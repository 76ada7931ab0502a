using System.Runtime.CompilerServices;
using VmProxy.Blocks.Files;

namespace VmProxy.Blocks;

/// <summary>
/// A disk image or a raw block device, opened read-only. Its blocking reads run on threads of its own, so that
/// <see cref="MaxInFlight"/> reads really overlap. A read that is cancelled while it runs ends only when the system call has returned:
/// the buffer is the caller's again as soon as the task ends.
/// </summary>
public class FileBlockDevice : IBlockDevice
{
    /// <summary>The number of overlapping reads unless another is asked for.</summary>
    public const int DefaultMaxInFlight = 16;

    readonly OsFile _file;

    internal FileBlockDevice(OsFile file, int maxInFlight)
    {
        _file = file;
        MaxInFlight = maxInFlight;
        Threads = new IoThreads(file, maxInFlight);
    }

    /// <summary>The path that was opened.</summary>
    public string Path => _file.Path;

    /// <summary>Whether this is a block device and not a regular file.</summary>
    public bool IsRawDevice => _file.IsBlockDevice;

    /// <summary>Whether reads really bypass the page cache (O_DIRECT).</summary>
    public bool IsDirect => _file.Direct;

    /// <inheritdoc/>
    public long Length => _file.Length;

    /// <inheritdoc/>
    public int SectorSize => _file.SectorSize;

    /// <inheritdoc/>
    public int PreferredReadSize => 1024 * 1024;

    /// <inheritdoc/>
    public int MaxInFlight { get; }

    private protected IoThreads Threads { get; }

    private protected OsFile File => _file;

    /// <summary>Opens a file or a block device to read it. It is never written, not even by accident: the handle is read-only.</summary>
    /// <exception cref="BlockDeviceException">It does not exist, access is refused, or it is not a disk.</exception>
    public static async Task<FileBlockDevice> OpenAsync(
        string path,
        FileCaching caching = FileCaching.Automatic,
        int maxInFlight = DefaultMaxInFlight,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxInFlight);
        path = System.IO.Path.GetFullPath(path);
        var file = await Task.Run(() => OsFileOpener.OpenToRead(path, caching), cancellationToken).ConfigureAwait(false);
        return new FileBlockDevice(file, maxInFlight);
    }

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, buffer.Length);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : IoRequest.ReadAsync(Threads, offset, buffer, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Regular files tell their holes (SEEK_DATA, SEEK_HOLE); space that a file system has reserved but never written counts as a hole too.
    /// A block device tells nothing: all of it is data.
    /// </remarks>
    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return FindRunsAsync(offset, length, cancellationToken).CoalesceAsync(cancellationToken);
    }

    /// <summary>Waits for running reads, then closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await Threads.DisposeAsync().ConfigureAwait(false);
        _file.Dispose();
        GC.SuppressFinalize(this);
    }

    async IAsyncEnumerable<BlockRun> FindRunsAsync(
        long offset, long length, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var end = offset + length;
        while (offset < end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var run = await IoRequest.FindRunAsync(Threads, offset, end - offset, cancellationToken).ConfigureAwait(false);
            yield return run;
            offset = run.End;
        }
    }
}
