namespace VmProxy.Blocks;

/// <summary>The range check that every block device makes before it touches anything.</summary>
public static class BlockBounds
{
    /// <summary>Throws unless the range lies inside a device of <paramref name="deviceLength"/> bytes. An empty range at the end is inside.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the device.</exception>
    public static void ThrowIfOutside(long deviceLength, long offset, long length)
    {
        if (offset < 0 || offset > deviceLength)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"The offset is outside the device of {deviceLength} bytes.");
        }

        if (length < 0 || length > deviceLength - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(length), length, $"The range from {offset} leaves the device of {deviceLength} bytes.");
        }
    }
}
