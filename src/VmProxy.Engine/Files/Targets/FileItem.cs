using VmProxy.Blocks;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files.Targets;

/// <summary>One file, directory or link on its way to a target.</summary>
/// <param name="Path">Where it goes, relative, parts separated by slashes; the guest chose it.</param>
/// <param name="Entry">What it is.</param>
sealed record FileItem(string Path, GuestEntry Entry)
{
    /// <summary>The bytes of a file, or null; the caller's.</summary>
    public IBlockDevice? Content { get; init; }

    /// <summary>The target of a symbolic link.</summary>
    public string? LinkTarget { get; init; }

    /// <summary>The path of an item that was put before and is the same file, or null.</summary>
    public string? SameAs { get; init; }

    /// <summary>Extended attributes.</summary>
    public IReadOnlyList<GuestAttribute> Attributes { get; init; } = [];
}
