namespace VmProxy.GuestFiles;

/// <summary>A stretch of a directory that holds names, or what is wrong with it.</summary>
/// <param name="Entries">The names; valid until the next block is read.</param>
/// <param name="Problem">Why there are none, or null.</param>
readonly record struct ExtDirectoryBlock(ReadOnlyMemory<byte> Entries, GuestFileException? Problem);
