namespace VmProxy.Nbd.Protocol;

/// <summary>The largest numbers that are taken from a client.</summary>
static class Limits
{
    /// <summary>The longest read, and the longest write that is drained: what every client and server is said to support.</summary>
    public const int MaxPayload = 32 * 1024 * 1024;

    /// <summary>Bytes of a name, a description or a message, by the protocol.</summary>
    public const int MaxString = 4096;

    /// <summary>Bytes of one option's data. The longest that makes sense is a name and a few queries.</summary>
    public const int MaxOptionLength = 64 * 1024;

    /// <summary>Options of one handshake.</summary>
    public const int MaxOptions = 1024;

    /// <summary>Extents in an answer about allocation; the client asks on.</summary>
    public const int MaxExtents = 4096;

    /// <summary>Chunks in an answer to a read. Beyond it, zeros are sent as they are.</summary>
    public const int MaxChunks = 128;

    /// <summary>Requests at once in a connection, whatever the device says.</summary>
    public const int MaxRequests = 128;
}
