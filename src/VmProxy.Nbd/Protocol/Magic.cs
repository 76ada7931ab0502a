namespace VmProxy.Nbd.Protocol;

/// <summary>The numbers that begin messages. Everything in this folder follows doc/proto.md of the NBD project; all integers are big-endian.</summary>
static class Magic
{
    /// <summary>"NBDMAGIC", the first bytes of a server.</summary>
    public const ulong Greeting = 0x4E42_444D_4147_4943;

    /// <summary>"IHAVEOPT", after the greeting and before each option.</summary>
    public const ulong Option = 0x4948_4156_454F_5054;

    public const ulong OptionReply = 0x0003_E889_0455_65A9;

    public const uint Request = 0x2560_9513;

    public const uint SimpleReply = 0x6744_6698;

    public const uint Chunk = 0x668E_33EF;
}
