namespace VmProxy.Nbd.Protocol;

/// <summary>What a server says of itself in the greeting.</summary>
[Flags]
enum HandshakeFlags : ushort
{
    FixedNewstyle = 1,
    NoZeroes = 2,
}

/// <summary>What a client answers to <see cref="HandshakeFlags"/>; the bits are the same.</summary>
[Flags]
enum ClientFlags : uint
{
    FixedNewstyle = 1,
    NoZeroes = 2,
}

/// <summary>What a client asks for before it uses an export.</summary>
enum OptionKind : uint
{
    ExportName = 1,
    Abort = 2,
    List = 3,
    Info = 6,
    Go = 7,
    StructuredReply = 8,
    ListMetaContext = 9,
    SetMetaContext = 10,
}

/// <summary>What a server answers to an option. Those with the highest bit are errors.</summary>
enum OptionReplyKind : uint
{
    Acknowledged = 1,
    Server = 2,
    Info = 3,
    MetaContext = 4,
    Unsupported = 0x8000_0001,
    Invalid = 0x8000_0003,
    Unknown = 0x8000_0006,
    TooBig = 0x8000_0009,
}

/// <summary>What an answer of kind <see cref="OptionReplyKind.Info"/> tells.</summary>
enum InfoKind : ushort
{
    Export = 0,
    Name = 1,
    Description = 2,
    BlockSize = 3,
}

/// <summary>What an export can do.</summary>
[Flags]
enum ExportFlags : ushort
{
    HasFlags = 1,
    ReadOnly = 2,
    SendFlush = 4,
    SendDontFragment = 0x80,
    CanMultiConnect = 0x100,
}
