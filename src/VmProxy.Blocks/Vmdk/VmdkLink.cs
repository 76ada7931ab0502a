namespace VmProxy.Blocks.Vmdk;

/// <summary>One disk of a chain.</summary>
/// <param name="Path">Where its descriptor is.</param>
/// <param name="Descriptor">What the descriptor says.</param>
/// <param name="IsEmbedded">Whether the descriptor lies in the disk's one extent, whatever name its extent line has.</param>
public sealed record VmdkLink(string Path, VmdkDescriptor Descriptor, bool IsEmbedded = false);
