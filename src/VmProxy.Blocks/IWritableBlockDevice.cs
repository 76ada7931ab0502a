namespace VmProxy.Blocks;

/// <summary>A block device that can be written, such as the target of a restore.</summary>
public interface IWritableBlockDevice : IBlockDevice
{
    /// <summary>Writes all bytes at <paramref name="offset"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the device.</exception>
    /// <exception cref="BlockDeviceException">The bytes could not be written.</exception>
    ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Makes the range read as zeros, as a hole where the device can.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the device.</exception>
    /// <exception cref="BlockDeviceException">The range could not be zeroed.</exception>
    ValueTask ZeroAsync(long offset, long length, CancellationToken cancellationToken);

    /// <summary>Returns once everything written before is on stable storage.</summary>
    /// <exception cref="BlockDeviceException">The device could not promise it.</exception>
    ValueTask FlushAsync(CancellationToken cancellationToken);
}
