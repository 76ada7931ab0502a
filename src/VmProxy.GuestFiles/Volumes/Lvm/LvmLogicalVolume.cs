using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>A logical volume as its group has it.</summary>
/// <param name="Name">Its name in the group.</param>
/// <param name="Length">Bytes.</param>
/// <param name="TypeName">What it is, in LVM2's words.</param>
/// <param name="Device">Its bytes; empty where they cannot be given.</param>
/// <param name="Problem">Why they cannot be given, or null.</param>
sealed record LvmLogicalVolume(string Name, long Length, string TypeName, IBlockDevice Device, GuestProblem? Problem);
