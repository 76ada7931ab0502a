namespace VmProxy.GuestFiles;

/// <summary>An entry met on a walk.</summary>
/// <param name="Path">Where it lies below the directory that the walk began in, with slashes and without a leading one.</param>
/// <param name="Entry">The entry.</param>
public readonly record struct GuestWalkEntry(string Path, GuestEntry Entry);
