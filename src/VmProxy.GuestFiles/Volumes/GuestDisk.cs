using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>A disk of a VM to look into.</summary>
/// <param name="Name">How it is called in the names of its volumes, such as disk1; may be empty where there is only one.</param>
/// <param name="Device">Its bytes. They stay the caller's.</param>
public sealed record GuestDisk(string Name, IBlockDevice Device);
