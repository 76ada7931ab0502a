namespace VmProxy.GuestFiles;

/// <summary>Where a system structure of an exFAT root directory lies.</summary>
/// <param name="FirstCluster">Its first cluster.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Check">The check over it.</param>
readonly record struct ExFatStream(uint FirstCluster, long Length, uint Check);
