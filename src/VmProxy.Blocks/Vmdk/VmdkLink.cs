namespace VmProxy.Blocks.Vmdk;

/// <summary>One disk of a chain.</summary>
/// <param name="Path">Where its descriptor is.</param>
/// <param name="Descriptor">What the descriptor says.</param>
public sealed record VmdkLink(string Path, VmdkDescriptor Descriptor);
