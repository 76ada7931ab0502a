namespace VmProxy.GuestFiles;

/// <summary>One name of one file, as small as it goes: there can be millions.</summary>
struct NtfsNode
{
    public NtfsReference Reference;

    /// <summary>The directory that holds the name.</summary>
    public NtfsReference Parent;

    /// <summary>What is told of the file.</summary>
    public NtfsFacts Facts;

    /// <summary>Where the name lies among all names.</summary>
    public uint Name;

    /// <summary>The next name in the same directory: its index plus one, or 0.</summary>
    public uint Next;
}
