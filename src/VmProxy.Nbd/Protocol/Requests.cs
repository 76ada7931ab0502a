namespace VmProxy.Nbd.Protocol;

/// <summary>What a client wants of an export.</summary>
enum RequestKind : ushort
{
    Read = 0,
    Write = 1,
    Disconnect = 2,
    Flush = 3,
    Trim = 4,
    WriteZeroes = 6,
    BlockStatus = 7,
}

/// <summary>How it wants it.</summary>
[Flags]
enum RequestFlags : ushort
{
    None = 0,

    /// <summary>The answer to a read is one chunk.</summary>
    DontFragment = 4,

    /// <summary>The answer about allocation is one extent.</summary>
    OneExtent = 8,
}

/// <summary>What a chunk of a structured reply holds.</summary>
enum ChunkKind : ushort
{
    OffsetData = 1,
    OffsetHole = 2,
    BlockStatus = 5,
    Error = 0x8001,
}

/// <summary>What base:allocation says of an extent.</summary>
[Flags]
enum Allocation : uint
{
    Data = 0,
    Hole = 1,
    Zero = 2,
}

/// <summary>Errors on the wire; the numbers are those of Linux.</summary>
enum NbdError : uint
{
    NotPermitted = 1,
    Io = 5,
    Invalid = 22,
    Shutdown = 108,
}
