namespace VmProxy.Nbd;

/// <summary>The stable codes of <see cref="NbdException"/>. A code is never renamed.</summary>
public static class NbdErrorCodes
{
    /// <summary>The text is neither a path of a socket nor HOST:PORT.</summary>
    public const string AddressInvalid = "NBD_ADDRESS_INVALID";

    /// <summary>The host is not of this machine's loopback.</summary>
    public const string NotLoopback = "NBD_NOT_LOOPBACK";

    /// <summary>Another server listens there.</summary>
    public const string InUse = "NBD_ADDRESS_IN_USE";

    /// <summary>A file that is not a socket has the name; it is never replaced.</summary>
    public const string NotASocket = "NBD_NOT_A_SOCKET";

    /// <summary>The operating system refused to listen there.</summary>
    public const string ListenFailed = "NBD_LISTEN_FAILED";
}
