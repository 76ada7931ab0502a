namespace VmProxy.GuestFiles;

/// <summary>An extended attribute.</summary>
/// <param name="Name">Its whole name with the name space, such as user.comment or security.selinux.</param>
/// <param name="Value">Its bytes, as Linux's getxattr gives them.</param>
public sealed record GuestAttribute(string Name, ReadOnlyMemory<byte> Value);
