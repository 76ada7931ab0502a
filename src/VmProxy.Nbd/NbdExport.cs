using VmProxy.Blocks;

namespace VmProxy.Nbd;

/// <summary>A device under a name. The server reads it and never disposes it.</summary>
/// <param name="Name">What clients ask for; may be empty. At most 4096 bytes of UTF-8. A client that asks for the empty name gets the only export where there is one.</param>
/// <param name="Description">For people who list the exports; may be empty. At most 4096 bytes of UTF-8.</param>
/// <param name="Device">The bytes. Its content must not change while it is served.</param>
public sealed record NbdExport(string Name, string Description, IBlockDevice Device);
