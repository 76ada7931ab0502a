namespace VmProxy.Blocks.Files;

/// <summary>Turns what the operating system says into a <see cref="BlockDeviceException"/>.</summary>
static class OsFileErrors
{
    const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    const int WindowsDiskFull = unchecked((int)0x80070070);

    public static BlockDeviceException Write(string path, string step, Exception cause) =>
        // On Unix the HResult of an IOException is errno.
        cause.HResult is LinuxErrors.NoSpace or LinuxErrors.QuotaExceeded or LinuxErrors.FileTooLarge or WindowsDiskFull or WindowsHandleDiskFull
            ? new BlockDeviceException(
                BlockErrorCodes.NoSpace, path, $"{step} failed: {cause.Message} Free space on its file system, then try again.", cause)
            : new BlockDeviceException(
                BlockErrorCodes.WriteFailed, path, $"{step} failed: {cause.Message} Check the device and its file system.", cause);

    public static BlockDeviceException Open(string path, int error, string reason) => error switch
    {
        LinuxErrors.NoEntry or LinuxErrors.NotDirectory or LinuxErrors.NoSuchDeviceOrAddress or LinuxErrors.NoDevice or LinuxErrors.NoMedium =>
            NotFound(path, null),
        LinuxErrors.AccessDenied or LinuxErrors.NotPermitted or LinuxErrors.ReadOnlyFileSystem => AccessDenied(path, reason, null),
        LinuxErrors.Exists => Exists(path, null),
        LinuxErrors.IsDirectory => NotADisk(path),
        LinuxErrors.NoSpace or LinuxErrors.QuotaExceeded => new BlockDeviceException(
            BlockErrorCodes.NoSpace, path, $"Creating '{path}' failed: {reason}. Free space on its file system, then try again."),
        _ => new BlockDeviceException(BlockErrorCodes.ReadFailed, path, $"Opening '{path}' failed: {reason}. Check the device."),
    };

    public static BlockDeviceException Open(string path, Exception cause) => cause switch
    {
        FileNotFoundException or DirectoryNotFoundException => NotFound(path, cause),
        UnauthorizedAccessException => AccessDenied(path, cause.Message, cause),
        IOException when File.Exists(path) => Exists(path, cause),
        _ => new BlockDeviceException(BlockErrorCodes.ReadFailed, path, $"Opening '{path}' failed: {cause.Message}", cause),
    };

    public static BlockDeviceException NotADisk(string path) => new(
        BlockErrorCodes.NotADisk, path, $"'{path}' is not a file or a block device. Name a disk image or a device.");

    static BlockDeviceException NotFound(string path, Exception? cause) => new(
        BlockErrorCodes.NotFound, path, $"'{path}' does not exist. Check the path.", cause);

    static BlockDeviceException AccessDenied(string path, string reason, Exception? cause) => new(
        BlockErrorCodes.AccessDenied, path, $"Opening '{path}' was refused: {reason}. Give the user that runs VmProxy access to it.", cause);

    static BlockDeviceException Exists(string path, Exception? cause) => new(
        BlockErrorCodes.Exists, path, $"'{path}' exists already. Choose another name, or move it away.", cause);
}
