namespace VmProxy.Blocks;

/// <summary>An expected failure of a block device or a disk container: it names the object, the step and what to do next.</summary>
public sealed class BlockDeviceException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">One of <see cref="BlockErrorCodes"/>.</param>
    /// <param name="device">The file, device or disk.</param>
    /// <param name="message">What went wrong, naming the object and the step, and what to do next.</param>
    /// <param name="innerException">The cause.</param>
    public BlockDeviceException(string code, string device, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        Device = device;
    }

    /// <summary>A stable code, one of <see cref="BlockErrorCodes"/>.</summary>
    public string Code { get; }

    /// <summary>The file, device or disk that failed.</summary>
    public string Device { get; }
}
