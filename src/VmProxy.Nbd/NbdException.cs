namespace VmProxy.Nbd;

/// <summary>An NBD server cannot be started where it was asked to: names the address, the reason and what to do next.</summary>
public sealed class NbdException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">One of <see cref="NbdErrorCodes"/>.</param>
    /// <param name="address">The socket's path, or HOST:PORT.</param>
    /// <param name="message">What went wrong, and what to do next.</param>
    /// <param name="innerException">The cause.</param>
    public NbdException(string code, string address, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        Address = address;
    }

    /// <summary>A stable code, one of <see cref="NbdErrorCodes"/>.</summary>
    public string Code { get; }

    /// <summary>The socket's path, or HOST:PORT.</summary>
    public string Address { get; }
}
