namespace VmProxy.GuestFiles;

/// <summary>A named stream beside a file's main content (NTFS).</summary>
/// <param name="Name">Its name, without the colon.</param>
/// <param name="Size">Bytes.</param>
public sealed record GuestStream(string Name, long Size);
