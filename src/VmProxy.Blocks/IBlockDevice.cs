namespace VmProxy.Blocks;

/// <summary>
/// A disk as random-access bytes. Files, LUNs, VMDK containers, network exports, partitions and restore points all are one,
/// so that a reader never knows where the bytes come from.
/// </summary>
public interface IBlockDevice : IAsyncDisposable
{
    /// <summary>Size in bytes.</summary>
    long Length { get; }

    /// <summary>Logical sector size in bytes. Readers need not align to it: the device does.</summary>
    int SectorSize { get; }

    /// <summary>The read size in bytes at which this device gives its best throughput.</summary>
    int PreferredReadSize { get; }

    /// <summary>How many overlapping reads this device serves before more of them only wait.</summary>
    int MaxInFlight { get; }

    /// <summary>
    /// Fills <paramref name="buffer"/> from <paramref name="offset"/>. Any offset and length inside <see cref="Length"/> are allowed,
    /// from many threads at once.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the device.</exception>
    /// <exception cref="BlockDeviceException">The device could not deliver the bytes; the buffer's content is undefined.</exception>
    ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>
    /// Ordered, coalesced runs that cover the range exactly. What is doubtful is <see cref="BlockRunKind.Data"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the device.</exception>
    IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken);
}
