namespace VmProxy.Blocks.Vmdk;

/// <summary>How errors of hosted sparse extents are worded.</summary>
static class SparseError
{
    public static BlockDeviceException Damaged(string name, string reason, Exception? cause = null) => new(
        BlockErrorCodes.ExtentInvalid,
        name,
        $"Sparse extent '{name}' is damaged or cut off: {reason}. Copy the file again from where it came from, or take another copy of the disk.",
        cause);

    public static BlockDeviceException TextTransfer(string name, ReadOnlySpan<byte> found) => new(
        BlockErrorCodes.ExtentInvalid,
        name,
        $"Sparse extent '{name}' was damaged by a transfer in text mode (FTP ASCII): the line ends in its header, 0a200d0a, "
        + $"became {Convert.ToHexStringLower(found)}. Copy the file again in binary mode; this copy cannot be repaired.");

    public static BlockDeviceException Unsupported(string name, string what) => new(
        BlockErrorCodes.DescriptorUnsupported,
        name,
        $"Sparse extent '{name}' uses {what}. Convert it with the product that wrote it, or read the disk through its host.");
}
